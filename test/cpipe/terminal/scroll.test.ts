import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advance, erased, type Live } from "../../../cpipe/terminal/scroll.ts";
import { lookAfter, rowsOfStyled, widthOfStyled } from "../../../cpipe/terminal/styled.ts";
import { Grid } from "./grid.ts";

const live = (rows: string[], row = rows.length - 1, column = 0): Live => ({ rows, cursor: { row, column } });

test("live rows stand below what was said, and change in their place", () => {
  const grid = new Grid(20, 6);
  const first = live(["> he"], 0, 4);
  grid.write(advance(null, "one\ntwo\n", first, 20));
  assert.deepEqual([grid.text(), grid.cursor], [["one", "two", "> he"], { row: 2, column: 4 }]);
  const second = live(["...", "> hello"], 1, 7);
  grid.write(advance(first, "", second, 20));
  assert.deepEqual([grid.text(), grid.cursor], [["one", "two", "...", "> hello"], { row: 3, column: 7 }]);
  const third = live(["...", "> hell"], 1, 6);
  const bytes = advance(second, "", third, 20);
  assert.ok(!bytes.includes("..."), "only the row that differs is written");
  grid.write(bytes);
  assert.deepEqual(grid.text(), ["one", "two", "...", "> hell"]);
  grid.write(advance(third, "three\n", live(["> "], 0, 2), 20));
  assert.deepEqual([grid.text(), grid.cursor], [["one", "two", "three", ">"], { row: 3, column: 2 }]);
  assert.equal(advance(third, "", third, 20), "", "nothing to change, nothing written");
});

test("at the bottom of the screen what was said scrolls up and the live rows stay", () => {
  const grid = new Grid(10, 3);
  let shown: Live | null = null;
  for (const line of ["a", "b", "c", "d"]) {
    const next = live([`${line}?`, "> "], 1, 2);
    grid.write(advance(shown, `${line}\n`, next, 10));
    shown = next;
  }
  assert.deepEqual([grid.text(), grid.scrolled], [["d", "d?", ">"], ["a", "b", "c"]]);
  grid.write(erased(shown, 10));
  assert.deepEqual([grid.text(), grid.cursor], [["d"], { row: 1, column: 0 }]);
});

test("a row that fills the last column keeps its last character", () => {
  const grid = new Grid(5, 4);
  const first = live(["abcde", "> "], 1, 2);
  grid.write(advance(null, "", first, 5));
  grid.write(advance(first, "", live(["fghij", "> "], 1, 2), 5));
  assert.deepEqual(grid.text(), ["fghij", ">"]);
});

test("in a terminal that has become narrower, rows that it has broken anew are taken away as a whole", () => {
  const shown = live(["0123456789", "> 3456"], 1, 6);
  assert.equal(erased(shown, 10), "\x1b[1A\r\x1b[J");
  assert.equal(erased(shown, 4), "\x1b[4A\r\x1b[J", "three rows of ten characters, and one of the cursor's own");
  assert.ok(advance(shown, "", live(["> "], 0, 2), 4).includes("\x1b[4A\r\x1b[J"));
});

test("whatever is shown one after another, the screen has it as if it had been shown alone", () => {
  const row = fc.array(fc.constantFrom("a", "b ", "é", "日", "\x1b[1mx\x1b[0m", "\x1b[2mfaint\x1b[0m"), { maxLength: 4 }).map((parts) => parts.join(""));
  const step = fc.record({ above: fc.array(row, { maxLength: 2 }), rows: fc.array(row, { minLength: 1, maxLength: 3 }), at: fc.nat({ max: 2 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const grid = new Grid(24, 8);
      const said: string[] = [];
      let shown: Live | null = null;
      for (const { above, rows, at } of steps) {
        const next = live(rows, Math.min(at, rows.length - 1), 0);
        grid.write(advance(shown, above.map((line) => `${line}\n`).join(""), next, 24));
        shown = next;
        said.push(...above);
        const expected = [...said, ...rows].map((line) => unstyled(line).trimEnd());
        assert.deepEqual([...grid.scrolled, ...grid.all()].slice(0, expected.length), expected);
        assert.equal(grid.scrolled.length + grid.cursor.row, said.length + next.cursor.row);
      }
    }),
  );
});

test("a styled line is broken into rows that are complete in themselves", () => {
  assert.deepEqual(rowsOfStyled("abc", 5), ["abc"]);
  assert.deepEqual(rowsOfStyled("a\x1b[1mbcdef\x1b[0mg", 3), ["a\x1b[1mbc\x1b[0m", "\x1b[1mdef\x1b[0m", "g"]);
  assert.deepEqual(rowsOfStyled("日本語", 5), ["日本", "語"]);
  assert.deepEqual(rowsOfStyled("xy", 5, "\x1b[2m"), ["\x1b[2mxy\x1b[0m"]);
  assert.equal(lookAfter("a\x1b[1mb\x1b[3mc"), "\x1b[1m\x1b[3m");
  assert.equal(lookAfter("a\x1b[1mb\x1b[mc"), "");
  assert.equal(widthOfStyled("\x1b[1m日\x1b[0mx"), 3);
});

// oxlint-disable-next-line no-control-regex -- it is what is taken out
const unstyled = (line: string): string => line.replaceAll(/\x1b\[\d*m/g, "");
