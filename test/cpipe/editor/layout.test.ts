import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { placeIn, rowsOf, shown, spotOf } from "../../../cpipe/editor/layout.ts";
import { widthOf } from "../../../cpipe/terminal/width.ts";

const seen = (text: string, columns: number): string[] => rowsOf(text, columns).map((row) => shown(text, row, columns));

test("a text is broken where a row is full, and has a row for the cursor behind a full one", () => {
  assert.deepEqual(seen("", 5), [""]);
  assert.deepEqual(seen("abc", 5), ["abc"]);
  assert.deepEqual(seen("abcdefg", 5), ["abcde", "fg"]);
  assert.deepEqual(seen("abcde", 5), ["abcde", ""]);
  assert.deepEqual(seen("ab\n\ncd\n", 5), ["ab", "", "cd", ""]);
  assert.deepEqual(seen("日本語日", 5), ["日本", "語日"]);
  assert.deepEqual(seen("a\tb", 20), ["a       b"]);
  assert.deepEqual(seen("日", 1), ["日", ""], "wider than the screen");
});

test("a place in the text has one spot on the screen", () => {
  const text = "abcdefg\nhi";
  const rows = rowsOf(text, 5);
  assert.deepEqual([0, 4, 5, 7, 8, 10].map((at) => spotOf(text, at, rows, 5)), [
    { row: 0, column: 0 },
    { row: 0, column: 4 },
    { row: 1, column: 0 },
    { row: 1, column: 2 },
    { row: 2, column: 0 },
    { row: 2, column: 2 },
  ]);
});

test("spots and places agree, rows are no wider than the screen, and nothing of the text is left out", () => {
  const text = fc.array(fc.constantFrom("a", " ", "\n", "\t", "é", "e\u0301", "日", "👩‍👧", "각")).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 20 }), (written, columns) => {
      const rows = rowsOf(written, columns);
      assert.equal(rows.map(({ start, end, goesOn }) => written.slice(start, end) + (goesOn || end === written.length ? "" : "\n")).join(""), written);
      for (const row of rows) assert.ok(widthOf(shown(written, row, columns)) <= columns);
      for (const { index } of [...new Intl.Segmenter().segment(written)].concat({ index: written.length, segment: "", input: written })) {
        const { row, column } = spotOf(written, index, rows, columns);
        const there = rows[row];
        assert.ok(there !== undefined && column < columns, "the cursor is on the screen");
        assert.equal(placeIn(written, there, column, columns), index);
      }
    }),
  );
});
