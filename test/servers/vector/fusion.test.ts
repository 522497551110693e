import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { depthOf, fuse } from "../../../servers/vector/fusion.ts";

const EVEN = { text: 1, vector: 1 };
const ids = (fused: ReadonlyArray<{ id: string }>): string => fused.map(({ id }) => id).join("");

test("What is first in both lists has a score of 1, whatever the weights", () => {
  for (const weights of [EVEN, { text: 1, vector: 0.5 }, { text: 0, vector: 3 }]) {
    const [first] = fuse(["a", "b"], ["a", "c"], weights, 10);
    assert.equal(first!.id, "a");
    assert.ok(Math.abs(first!.score - 1) < 1e-12);
  }
});

test("What both lists have comes before what one of them has at the same place", () => {
  assert.equal(ids(fuse(["a", "b"], ["c", "b"], EVEN, 10)), "bac");
});

test("The heavier list leads, and one without weight does not count", () => {
  assert.equal(ids(fuse(["a"], ["b"], { text: 2, vector: 1 }, 10)), "ab");
  assert.equal(ids(fuse(["a"], ["b"], { text: 1, vector: 2 }, 10)), "ba");
  assert.deepEqual(fuse(["a"], ["b"], { text: 0, vector: 2 }, 10), [{ id: "b", score: 1 }], "what has no weight finds nothing");
});

test("With one list empty the other keeps its order", () => {
  assert.equal(ids(fuse(["c", "a", "b"], [], EVEN, 10)), "cab");
  assert.equal(ids(fuse([], ["c", "a", "b"], EVEN, 2)), "ca");
});

test("Scores are from 0 to 1, sorted, no more than wanted, and no row is there twice", () => {
  const list = fc.uniqueArray(fc.integer({ min: 0, max: 50 }));
  const weight = fc.double({ min: 0.01, max: 10, noNaN: true });
  fc.assert(
    fc.property(list, list, weight, weight, fc.integer({ min: 1, max: 20 }), (text, vector, a, b, count) => {
      const fused = fuse(text, vector, { text: a, vector: b }, count);
      assert.equal(fused.length, Math.min(count, new Set([...text, ...vector]).size));
      assert.equal(new Set(fused.map(({ id }) => id)).size, fused.length);
      assert.ok(fused.every(({ score }, i) => score > 0 && score <= 1 + 1e-12 && (i === 0 || score <= fused[i - 1]!.score)));
    }),
  );
});

test("One that was not asked for has no say, one that found nothing has", () => {
  assert.deepEqual(fuse(["a"], null, EVEN, 10), [{ id: "a", score: 1 }]);
  assert.deepEqual(fuse([], ["a"], EVEN, 10), [{ id: "a", score: 0.5 }]);
  assert.deepEqual(fuse(null, null, EVEN, 10), []);
});

test("Both are looked at further down than what is wanted of them", () => {
  assert.deepEqual([1, 50, 1000].map(depthOf), [100, 100, 2000]);
});
