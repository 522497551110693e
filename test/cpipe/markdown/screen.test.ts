import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Place, program } from "../program.ts";
import { Tmux } from "../terminal/tmux.ts";

const TEXT = [
  "# Bread",
  "Knead the **dough** for _ten_ minutes, and let it rest for an hour in a warm place.",
  "",
  "1. Flour",
  "2. Water, which should be warm but not hot, or else the yeast dies",
  "   - [x] salt",
  "",
  "| What | Grams |",
  "|---|--:|",
  "| 小麦粉 | 500 |",
  "| `salt` | 10 |",
  "",
  "> Patience.",
  "",
  "```sh",
  'oven --degrees 230   # a comment that is longer than the screen is wide',
  "```",
];

describe("an answer in Markdown, on a real screen", () => {
  const place = new Place();
  before(() => place.serve("test/fixtures/servers/teller.ts"));
  after(() => place.close());

  it("stands as it is meant, in 50 columns", async (t) => {
    const tmux = new Tmux(place.root, `"${process.execPath}" "${program}" chat ask "$ORDER"; exec cat`, { ...place.env, ORDER: `say ${TEXT.join("\\n")}` }, 50, 24);
    t.after(() => tmux.close());
    const rows = await tmux.until((_, seen) => seen.some((row) => row.includes("screen is wide")), "the end of the answer");
    assert.deepEqual(rows.map((row) => row.trimEnd()).slice(0, 20), [
      "Bread",
      "Knead the dough for ten minutes, and let it rest",
      "for an hour in a warm place.",
      "",
      "1. Flour",
      "2. Water, which should be warm but not hot, or",
      "   else the yeast dies",
      "   ☑ salt",
      "",
      "What   │ Grams",
      "───────┼──────",
      "小麦粉 │   500",
      "salt   │    10",
      "",
      "│ Patience.",
      "",
      "  sh",
      "  oven --degrees 230   # a comment that is longer",
      "than the screen is wide",
      "",
    ]);
    const [, dressed = ""] = await tmux.rows(true);
    for (const look of ["\u001b[1mdough", "\u001b[3mten"]) assert.ok(dressed.includes(look), JSON.stringify(dressed));
  });
});
