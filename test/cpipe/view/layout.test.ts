import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Document, Feed } from "../../../cpipe/view/document.ts";
import { Layout } from "../../../cpipe/view/layout.ts";

const kinds = fc.constantFrom("answer", "reasoning", "note", "error");
const words = fc.array(fc.constantFrom("one", "two three", " ", "\n", "\n\n", "世界。", "👩‍👩‍👧", "e", "\u0301", "\ud83d", "\ude00", "\t", "\x1b[31m", "averyverylongwordthatfitsnowhere"), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
const writing = fc.array(fc.record({ writer: fc.nat({ max: 2 }), kind: kinds, text: words, ends: fc.boolean() }), { maxLength: 30 });

/** What is in each row, and of which block. */
function rowsOf(layout: Layout): string[] {
  return Array.from({ length: layout.total }, (_, at) => {
    const place = layout.at(at);
    const row = place?.row ?? null;
    return `${place?.block.number}:${row === null ? "──" : (place?.block.lines[row.line]?.text ?? "").slice(row.start, row.end)}`;
  });
}

test("rows that were made while the text came are those that the whole text has", () => {
  fc.assert(
    fc.property(writing, fc.integer({ min: 1, max: 30 }), (steps, columns) => {
      const document = new Document();
      const feeds = [0, 1, 2].map(() => new Feed(document));
      const growing = new Layout(document);
      for (const { writer, kind, text, ends } of steps) {
        feeds[writer]?.take([kind === "error" ? { kind, text } : { kind, text, part: 0 }, ...(ends ? [{ kind: "end", part: null } as const] : [])]);
        growing.update(columns);
      }
      const afterwards = new Layout(document);
      afterwards.update(columns);
      assert.deepEqual(rowsOf(growing), rowsOf(afterwards));
      for (let at = 0; at < growing.total; at++) assert.equal(growing.indexOf(growing.anchorAt(at) ?? assert.fail()), at);
    }),
    { numRuns: 500 },
  );
});

test("a place stays at its text when another width makes other rows, and when an answer above it grows", () => {
  const document = new Document();
  const [first, second] = [new Feed(document), new Feed(document)];
  first.take([{ kind: "answer", text: "above\n", part: 0 }]);
  second.take([{ kind: "answer", text: Array.from({ length: 50 }, (_, at) => `this is row ${at} of the second answer`).join("\n"), part: 0 }]);
  const layout = new Layout(document);
  layout.update(40);
  const anchor = layout.anchorAt(30) ?? assert.fail();
  const shown = rowsOf(layout)[30];
  first.take([{ kind: "answer", text: "more\nand more\n", part: 0 }]);
  layout.update(40);
  assert.equal(rowsOf(layout)[layout.indexOf(anchor)], shown);
  layout.update(20);
  assert.ok(shown?.startsWith(rowsOf(layout)[layout.indexOf(anchor)] ?? "?"));
});

test("an answer is what its writer said, whatever came between and however long its lines are", () => {
  const document = new Document();
  const feed = new Feed(document);
  const long = "😀".repeat(40_000);
  feed.take([{ kind: "reasoning", text: "hm\n", part: 0 }, { kind: "answer", text: `a\n\n${long}\nb`, part: 0 }, { kind: "note", text: "calls x", part: 0 }]);
  assert.equal(document.blocks[0]?.answer, `a\n\n${long}\nb`);
});

test("two writers at once have a block each, in the order in which they began", () => {
  const document = new Document();
  const [one, two] = [new Feed(document), new Feed(document)];
  for (const word of ["Hel", "lo "]) {
    two.take([{ kind: "answer", text: word.toUpperCase(), part: 0 }]);
    one.take([{ kind: "answer", text: word, part: 0 }]);
  }
  assert.deepEqual(document.blocks.map(({ answer }) => answer), ["HELLO ", "Hello "]);
});

test("when there is too much the oldest goes, and the rest says so", () => {
  const document = new Document(10_000);
  const feed = new Feed(document);
  const layout = new Layout(document);
  for (let at = 0; at < 1000; at++) {
    feed.take([{ kind: "answer", text: `line ${at} of many\n`, part: 0 }]);
    layout.update(80);
  }
  const rows = rowsOf(layout);
  assert.equal(rows.at(-1), "1:line 999 of many");
  assert.equal(rows[0], "1:──");
  assert.equal(document.forgotten + rows.length - 1, 1000);
  assert.ok((document.blocks[0]?.size ?? 0) <= 10_000);
  new Feed(document).take([{ kind: "answer", text: "x".repeat(9_000), part: 0 }]);
  assert.deepEqual(document.blocks.map(({ number }) => number), [2]);
});
