import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { depthOf, fuse } from "../../../servers/vector/fusion.ts";

const EVEN = { text: 1, vector: 1 };

describe("two rankings", () => {
  test("become one, with 1 for what is first in both", () => {
    assert.deepEqual(fuse(["a", "b"], ["a", "c"], EVEN, 10), [
      { id: "a", score: 1 },
      { id: "b", score: 61 / 62 / 2 },
      { id: "c", score: 61 / 62 / 2 },
    ]);
  });

  test("are weighed", () => {
    assert.deepEqual(fuse(["a"], ["b"], { text: 1, vector: 3 }, 10), [{ id: "b", score: 0.75 }, { id: "a", score: 0.25 }]);
    assert.deepEqual(fuse(["a"], ["b"], { text: 0, vector: 2 }, 10), [{ id: "b", score: 1 }], "what has no weight finds nothing");
  });

  test("put what both have before what is first in one", () => {
    assert.deepEqual(fuse(["a", "x"], ["b", "x"], EVEN, 1).map(({ id }) => id), ["x"]);
  });

  test("need not both be there: one that was not asked for has no say, one that found nothing has", () => {
    assert.deepEqual(fuse(["a"], null, EVEN, 10), [{ id: "a", score: 1 }]);
    assert.deepEqual(fuse([], ["a"], EVEN, 10), [{ id: "a", score: 0.5 }]);
    assert.deepEqual(fuse(null, null, EVEN, 10), []);
  });

  test("are cut to what is wanted, and looked at further down than that", () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    assert.equal(fuse(many, many, EVEN, 7).length, 7);
    assert.deepEqual([1, 50, 1000].map(depthOf), [100, 100, 2000]);
  });
});
