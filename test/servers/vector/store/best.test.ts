import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Best } from "../../../../servers/vector/store/best.ts";

function bestOf(scores: readonly number[], count: number, above?: number): Array<{ row: number; score: number }> {
  const best = new Best(count, above);
  for (const [row, score] of scores.entries()) if (score > best.least) best.take(row, score);
  return best.sorted();
}

test("The best of any list are the first of it once it is sorted; of equal ones, those that came first", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 })), fc.integer({ min: 1, max: 12 }), (scores, count) => {
      const wanted = scores.map((score, row) => ({ row, score })).toSorted((a, b) => b.score - a.score || a.row - b.row).slice(0, count);
      assert.deepEqual(bestOf(scores, count, -Infinity).map(({ score }) => score), wanted.map(({ score }) => score));
      const least = wanted.at(-1)?.score ?? 0;
      assert.deepEqual(bestOf(scores, count, -Infinity).filter(({ score }) => score > least), wanted.filter(({ score }) => score > least));
    }),
  );
});

test("Without another bound, what scores nothing is not among them", () => {
  assert.deepEqual(bestOf([0, -1, 0.5, 0], 3), [{ row: 2, score: 0.5 }]);
});
