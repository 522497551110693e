import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countOf, MAX_ROWS, Postings, rowOf } from "../../../../servers/vector/store/postings.ts";

const read = (postings: Postings, term: number): Array<[number, number]> => Array.from(postings.of(term), (posting) => [rowOf(posting), countOf(posting)]);

test("The postings of a term are what a map of maps would have, in the order of the rows, after any changes", () => {
  const change = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 70 }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
      const postings = new Postings();
      const plain = new Map<number, Map<number, number>>();
      for (const [added, term, row, count] of changes) {
        const rows = plain.get(term) ?? new Map<number, number>();
        if (added && !rows.has(row)) {
          postings.add(term, row, count);
          plain.set(term, rows.set(row, Math.min(count, 63)));
        } else if (!added) {
          postings.remove(term, row);
          rows.delete(row);
          if (rows.size === 0) plain.delete(term);
        }
      }
      assert.equal(postings.terms, plain.size);
      for (const term of [0, 1, 2, 3]) {
        const wanted = [...(plain.get(term) ?? [])].sort(([a], [b]) => a - b);
        assert.deepEqual(read(postings, term), wanted);
        assert.equal(postings.rowsWith(term), wanted.length);
      }
    }),
  );
});

test("The highest row that can be named is named whole, with its count", () => {
  const postings = new Postings();
  postings.add(1, MAX_ROWS - 1, 63);
  assert.deepEqual(read(postings, 1), [[MAX_ROWS - 1, 63]]);
  postings.add(1, 5, 1);
  assert.deepEqual(read(postings, 1), [[5, 1], [MAX_ROWS - 1, 63]]);
  postings.remove(1, MAX_ROWS - 1);
  assert.deepEqual(read(postings, 1), [[5, 1]]);
});

test("A term that nothing has, or a row that a term has not, is removed without a trace", () => {
  const postings = new Postings();
  postings.remove(9, 1);
  postings.add(9, 2, 1);
  postings.remove(9, 1);
  assert.deepEqual(read(postings, 9), [[2, 1]]);
  assert.deepEqual(read(postings, 8), []);
});
