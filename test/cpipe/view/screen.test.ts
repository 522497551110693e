import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { test } from "node:test";
import fc from "fast-check";
import type { Key } from "../../../cpipe/terminal/keys.ts";
import { widthOf } from "../../../cpipe/terminal/width.ts";
import { Document, Feed } from "../../../cpipe/view/document.ts";
import { Layout } from "../../../cpipe/view/layout.ts";
import { paintFor } from "../../../cpipe/view/paint.ts";
import { heightOf, screenOf } from "../../../cpipe/view/screen.ts";
import { initialView, press, type View } from "../../../cpipe/view/view.ts";

const paint = paintFor({});

/** A viewer without a terminal. */
class Bench {
  readonly document = new Document();
  readonly feeds = [new Feed(this.document), new Feed(this.document)];
  readonly layout = new Layout(this.document);
  size = { columns: 80, rows: 24 };
  view: View = initialView;

  scene() {
    this.layout.update(this.size.columns);
    return { document: this.document, layout: this.layout, height: heightOf(this.size) };
  }

  say(text: string, writer = 0): void {
    this.feeds[writer]?.take([{ kind: "answer", text, part: 0 }]);
  }

  press(...keys: string[]) {
    let effects: ReturnType<typeof press>[1] = [];
    for (const id of keys.flatMap((key) => (key.startsWith("/") && key.length > 1 ? key.split("") : [key]))) [this.view, effects] = press(this.view, { id, text: id.length === 1 ? id : "" } satisfies Key, this.scene());
    return effects;
  }

  rows(): string[] {
    const around = { source: "/run/view.sock", writers: 1, paint };
    return screenOf(this.view, this.scene(), this.size, around).rows.map((row) => stripVTControlCharacters(row));
  }
}

test("whatever comes, whatever is pressed and whatever the size, the screen has its rows and none is too wide", () => {
  const step = fc.oneof(
    fc.record({ say: fc.array(fc.constantFrom("word ", "世界", "\n", "👩‍👩‍👧", "\t", "\x1b", "e\u0301"), { maxLength: 40 }).map((parts) => parts.join("")), writer: fc.nat({ max: 1 }) }),
    fc.record({ key: fc.constantFrom("up", "down", "page-up", "page-down", "u", "d", "g", "G", "/", "w", "o", "r", "enter", "n", "N", "escape", "y", "c", "?", "q", "backspace", "paste") }),
    fc.record({ columns: fc.integer({ min: 2, max: 90 }), rows: fc.integer({ min: 1, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const bench = new Bench();
      for (const step of steps) {
        if ("say" in step) bench.say(step.say, step.writer);
        else if ("key" in step) bench.press(step.key);
        else bench.size = step;
        const rows = bench.rows();
        assert.equal(rows.length, bench.size.rows);
        for (const row of rows) assert.ok(widthOf(row) <= bench.size.columns, `${JSON.stringify(row)} in ${bench.size.columns} columns`);
      }
    }),
    { numRuns: 300 },
  );
});

test("a resize keeps the first row's text in place, and following stays following", () => {
  const bench = new Bench();
  bench.say(Array.from({ length: 100 }, (_, at) => `${at}: ${"word ".repeat(20)}\n`).join(""));
  bench.press("g", "page-down", "page-down");
  const [first = ""] = bench.rows();
  bench.size = { columns: 37, rows: 10 };
  assert.equal(bench.rows()[0], first.slice(0, bench.rows()[0]?.length));
  bench.press("G");
  bench.size = { columns: 60, rows: 12 };
  assert.match(bench.rows().at(-1) ?? "", /^ following/);
});

test("keys that need an answer say so when there is none, and esc gives a question up", () => {
  const bench = new Bench();
  for (const [key, message] of [["y", "no answer to copy"], ["c", "no code block to copy"], ["w", "no answer to write"], ["n", "nothing to search for"]] as const) {
    assert.deepEqual(bench.press(key), []);
    assert.ok(bench.rows().at(-1)?.includes(message), key);
  }
  bench.say("text");
  bench.press("w", "a", "b", "escape");
  assert.deepEqual(bench.press("enter"), []);
  assert.deepEqual(bench.press("w", "a", "b", "enter"), [{ do: "write", path: "ab", text: "text" }]);
  assert.deepEqual(bench.press("q"), [{ do: "quit" }]);
});

test("capitals matter in a search only when there are some", () => {
  const bench = new Bench();
  bench.say("one Straße STRASSE\ntwo straße");
  bench.press("/STRASSE", "enter");
  assert.deepEqual([bench.view.match?.at.line, bench.view.match?.at.offset], [0, 11]);
  bench.press("/straße", "enter", "n");
  assert.deepEqual([bench.view.match?.at.line, bench.view.match?.at.offset], [1, 4]);
  bench.press("/a+(", "enter");
  assert.equal(bench.view.message, "not found");
});
