import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowSet } from "../../../../servers/vector/store/rowset.ts";

const row = fc.integer({ min: 0, max: 10_000 });
const rows = fc.oneof(fc.uniqueArray(row), fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 200 }));
const sorted = (set: Iterable<number>): number[] => [...set].sort((a, b) => a - b);

test("A set of rows is what a Set would be, after any changes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), row), { maxLength: 300 }), (changes) => {
      const [ours, plain] = [new RowSet(32), new Set<number>()];
      for (const [added, one] of changes) {
        for (const set of [ours, plain]) {
          if (added) set.add(one);
          else set.delete(one);
        }
        assert.equal(ours.has(one), plain.has(one));
      }
      assert.deepEqual([...ours], sorted(plain));
      assert.equal(ours.size, plain.size);
    }),
  );
});

test("Two sets are joined, whichever is larger, and stay as they are", () => {
  fc.assert(
    fc.property(rows, rows, (left, right) => {
      const [a, b] = [RowSet.of(left), RowSet.of(right)];
      const joined = { and: left.filter((one) => right.includes(one)), or: new Set([...left, ...right]), without: left.filter((one) => !right.includes(one)) };
      for (const way of ["and", "or", "without"] as const) {
        const set = a[way](b);
        assert.deepEqual([...set], sorted(joined[way]));
        assert.equal(set.size, [...joined[way]].length);
      }
      assert.deepEqual([[...a], [...b]], [sorted(left), sorted(right)]);
    }),
  );
});

test("The first gap is the lowest row from a place on that is missing, also behind the last", () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 300 }), (has, from) => {
      let gap = from;
      while (has.includes(gap)) gap++;
      assert.equal(RowSet.of(has).firstGap(from), gap);
    }),
  );
  const full = RowSet.of(Array.from({ length: 4096 }, (_, i) => i));
  assert.deepEqual([full.firstGap(0), full.firstGap(31), full.firstGap(4095), full.firstGap(9999)], [4096, 4096, 4096, 9999]);
});

test("Its words are copied for the search, and empty ones are said to be", () => {
  const set = RowSet.of([32, 63, 4096]);
  const words = new Uint32Array(2).fill(7);
  assert.equal(set.copyTo(words, 0), true);
  assert.deepEqual([...words], [0, 0x8000_0001]);
  assert.equal(set.copyTo(words, 2), false);
  assert.equal(set.copyTo(words, 100_000), false);
  assert.equal(set.copyTo(words, 128), true);
  assert.deepEqual([...words], [1, 0]);
});
