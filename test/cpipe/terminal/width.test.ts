import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import stringWidth from "string-width";
import { expandTabs, fit, harmless, widthOf } from "../../../cpipe/terminal/width.ts";
import { UNSETTLED, wrap } from "../../../cpipe/terminal/wrap.ts";

const pool = fc.array(fc.constantFrom("a", "b", " ", "word", "é", "e\u0301", "世", "界", "。", "（", "👩‍👩‍👧", "👍🏽", "🇩🇪", "#\ufe0f\u20e3", "\ufe0f", "한", "\u1112\u1161\u11ab", "ก็", "\u200d", "—", "ﾞ", "©"), { maxLength: 25 }).map((parts) => parts.join(""));
const rowsOf = (text: string, columns: number): string[] => wrap(text, columns).map(([start, end]) => text.slice(start, end));

test("widths are those of the library, also where only parts of a text go through it", () => {
  fc.assert(fc.property(pool, (text) => assert.equal(widthOf(text), stringWidth(text))), { numRuns: 2000 });
});

test("no row is wider than the screen, no character is lost, and only spaces are left out", () => {
  fc.assert(
    fc.property(pool, fc.integer({ min: 2, max: 20 }), (text, columns) => {
      const rows = wrap(text, columns);
      let at = 0;
      for (const [start, end] of rows) {
        assert.match(text.slice(at, start), /^ *$/);
        assert.ok(widthOf(text.slice(start, end)) <= columns || wrap(text.slice(start, end), columns).length === 1, `${JSON.stringify(text)} at ${columns}`);
        at = end;
      }
      assert.match(text.slice(at), /^ *$/);
    }),
    { numRuns: 2000 },
  );
});

test("a line that grows keeps all rows but the last few", () => {
  fc.assert(
    fc.property(pool, pool, fc.integer({ min: 2, max: 20 }), (text, more, columns) => {
      const before = wrap(text, columns);
      const kept = before.slice(0, -UNSETTLED);
      const [start] = before[kept.length] ?? assert.fail();
      assert.deepEqual([...kept, ...wrap(text + more, columns, start)], wrap(text + more, columns));
    }),
    { numRuns: 2000 },
  );
});

test("rows break at spaces, between ideographs but not before a full stop, else where they are full", () => {
  assert.deepEqual(rowsOf("the quick brown fox", 10), ["the quick", "brown fox"]);
  assert.deepEqual(rowsOf("incomprehensibilities", 10), ["incomprehe", "nsibilitie", "s"]);
  assert.deepEqual(rowsOf("人人生而自由。在", 12), ["人人生而自", "由。在"]);
  assert.deepEqual(rowsOf("ab 👩‍👩‍👧👩‍👩‍👧", 5), ["ab 👩‍👩‍👧", "👩‍👩‍👧"]);
  assert.deepEqual(rowsOf("", 5), [""]);
  assert.deepEqual(rowsOf("  indented text", 10), ["  indented", "text"]);
  assert.deepEqual(rowsOf("a\tb\tc", 10), ["a\tb", "c"]);
});

test("control characters become visible ones, each in its place", () => {
  assert.equal(harmless("a\x1b[31mb\x00\x7f\x9bc\u202ed\ud800e\tf"), "a␛[31mb␀␡\ufffdc\ufffdd\ufffde\tf");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(harmless(text).length, text.length);
    assert.doesNotMatch(harmless(text), /(?![\t\n])\p{Cc}/u);
  }));
});

test("tabs reach to the next stop, and what does not fit ends in an ellipsis", () => {
  assert.equal(expandTabs("a\t世\tb"), `a       世      b`);
  assert.equal(expandTabs("\tb", 5), "   b");
  assert.equal(fit("abcdef", 4), "abc…");
  assert.equal(fit("世界世界", 6), "世界…");
  assert.equal(fit("abcd", 4), "abcd");
});
