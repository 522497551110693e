import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { askFlags, callFlags, modeFlags } from "../../cpipe/flags.ts";
import { roffOf, roffText } from "../../scripts/docs/roff.ts";
import { root, textOf } from "./files.ts";

describe("the manual page", () => {
  const read = (page: string, ...args: string[]) => spawnSync("mandoc", args, { input: page, encoding: "utf8", cwd: root });

  it("is in order: mandoc has nothing to say", () => {
    const { status, stdout, stderr } = read(textOf("man/cpipe.1"), "-Tlint", "-W", "style");
    assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: "" });
  });

  it("has every flag and every section of docs/cpipe.md, and nothing of Markdown is left", () => {
    const { stdout } = read(textOf("man/cpipe.1"), "-Tascii", "-O", "width=400");
    // oxlint-disable-next-line no-control-regex -- letters are struck twice to be bold
    const page = stdout.replaceAll(/.\u0008/g, "");
    for (const { name, short } of [...callFlags, ...askFlags, ...modeFlags]) assert.match(page, new RegExp(`^ +${short === undefined ? "" : `-${short}, `}--${name}\\b`, "m"));
    for (const [, title = ""] of textOf("docs/cpipe.md").matchAll(/^## (.*)$/gm)) assert.ok(page.includes(`\n${title.replaceAll("`", "").toUpperCase()}\n`), title);
    assert.doesNotMatch(page, /\*\*|`|\]\(/);
  });
});

describe("Markdown as a manual page", () => {
  it("has code, strong and emphasised text, links as their text, and no letter that roff would take for its own", () => {
    assert.equal(roffText("a `b-c` **d** *e* [f](g.md)\nh \\n"), "a \\fBb\\-c\\fR \\fBd\\fR \\fIe\\fR f h \\en");
    assert.equal(roffText(".br"), "\\&.br");
  });

  it("breaks long lines where there is a blank", () => {
    const lines = roffText("word ".repeat(60)).split("\n");
    assert.ok(lines.every((line) => line.length <= 80) && lines.length > 3);
    assert.equal(roffText("x".repeat(200)), "x".repeat(200));
  });

  it("keeps code as it stands, and has a table's rows as terms and what they mean", () => {
    const page = roffOf("Text\n\n```sh\n.a  b\n\nc\n```\n\n| Flag | Meaning |\n| --- | --- |\n| `a\\|b` | means c |\n\n* one\n* two\n  more");
    assert.deepEqual(page, ["Text", ".PP", ".RS 4", ".nf", "\\&.a  b", "", "c", ".fi", ".RE", ".TP", "\\fBa|b\\fR", "means c", ".IP \\(bu 2", "one", ".IP \\(bu 2", "two more"]);
  });
});
