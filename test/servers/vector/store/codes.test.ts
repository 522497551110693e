import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Clusters, DIMENSIONS } from "../../../../bench/vector/clusters.ts";
import { exactNearest, recallOf } from "../../../../bench/vector/exact.ts";
import { seeded } from "../../../../bench/vector/random.ts";
import { Codes } from "../../../../servers/vector/store/codes.ts";
import { RowSet } from "../../../../servers/vector/store/rowset.ts";

const K = 10;

function filled(clusters: Clusters): { codes: Codes; live: RowSet } {
  const codes = new Codes(DIMENSIONS);
  const live = new RowSet();
  for (let row = 0; row < clusters.rows; row++) {
    codes.set(row, codes.encode(clusters.vector(row)));
    live.add(row);
  }
  return { codes, live };
}

const rowsOf = (scored: ReadonlyArray<{ readonly row: number }>): number[] => scored.map(({ row }) => row);

describe("the nearest of many vectors in clusters", () => {
  const clusters = new Clusters(20_000);
  const { codes, live } = filled(clusters);
  const queries = Array.from({ length: 40 }, (_, i) => clusters.query(i));

  test("are those that an exact search finds, but for one in twenty at most", () => {
    const recalls = queries.map((query) => recallOf(rowsOf(codes.nearest(query, live, K)), exactNearest(clusters, query, K)));
    const recall = recalls.reduce((sum, one) => sum + one) / recalls.length;
    assert.ok(recall >= 0.95, String(recall));
  });

  test("come nearest first, with their cosines, whatever the length of the query", () => {
    for (const query of queries.slice(0, 5)) {
      const found = codes.nearest(query.map((value) => value * 1000), live, K);
      assert.deepEqual(found, found.toSorted((a, b) => b.score - a.score));
      for (const { row, score } of found) assert.ok(Math.abs(score - cosine(clusters.vector(row), query)) < 0.01);
    }
  });

  test("are only those that a filter lets through, and all of them where those are few", () => {
    for (const share of [2, 100, 5000]) {
      const some = RowSet.of([...live].filter((row) => row % share === 1));
      for (const query of queries.slice(0, 5)) {
        const found = rowsOf(codes.nearest(query, some, K));
        assert.equal(found.length, Math.min(K, some.size));
        assert.ok(found.every((row) => some.has(row)));
        if (share >= 100) assert.ok(recallOf(found, exactAmong(clusters, query, some)) >= 0.9);
      }
    }
  });

  test("do not have a row any more that was removed, though its code is still there", () => {
    const query = queries[0]!;
    const [first] = rowsOf(codes.nearest(query, live, K));
    live.delete(first!);
    assert.ok(!rowsOf(codes.nearest(query, live, K)).includes(first!));
    live.add(first!);
    assert.equal(codes.nearest(query, live, K)[0]!.row, first);
  });
});

test("Thousands that are equally near are no trouble: so many are found as were asked for, and what is nearer comes first", () => {
  const codes = new Codes(128);
  const live = new RowSet();
  const same = vectorOf(128, 1);
  const nearer = vectorOf(128, 2);
  for (let row = 0; row < 30_000; row++) {
    codes.set(row, codes.encode(row === 29_000 ? nearer : same));
    live.add(row);
  }
  const found = codes.nearest(nearer, live, 100);
  assert.equal(found.length, 100);
  assert.equal(found[0]!.row, 29_000);
  assert.equal(codes.nearest(same, live, 1000).length, 1000);
});

test("A collection grows block by block, with gaps, and forgets nothing", () => {
  const codes = new Codes(DIMENSIONS);
  const live = new RowSet();
  const rows = [0, 4095, 4096, 9000, 40_000];
  for (const row of rows) {
    codes.set(row, codes.encode(vectorOf(DIMENSIONS, row)));
    live.add(row);
    for (const earlier of live) assert.equal(codes.nearest(vectorOf(DIMENSIONS, earlier), live, 1)[0]!.row, earlier);
  }
});

test("A vector that is set anew is found by its new value only", () => {
  const codes = new Codes(DIMENSIONS);
  const live = RowSet.of([7, 8]);
  codes.set(7, codes.encode(vectorOf(DIMENSIONS, 1)));
  codes.set(8, codes.encode(vectorOf(DIMENSIONS, 2)));
  codes.set(7, codes.encode(vectorOf(DIMENSIONS, 3)));
  const [nearest, other] = codes.nearest(vectorOf(DIMENSIONS, 3), live, 2);
  assert.ok(nearest!.row === 7 && nearest!.score > 0.99 && other!.score < 0.5);
  assert.ok(codes.nearest(vectorOf(DIMENSIONS, 1), live, 1)[0]!.score < 0.5);
});

test("A vector of zeros, or of numbers too small to be told from it, is near to nothing, and nothing is near to it", () => {
  const codes = new Codes(64);
  const live = RowSet.of([0, 1]);
  codes.set(0, codes.encode(new Float32Array(64)));
  codes.set(1, codes.encode(vectorOf(64, 1)));
  assert.deepEqual(codes.encode(new Float32Array(64)), { scale: 0, codes: new Int8Array(codes.codeLength) });
  assert.equal(codes.encode(new Float32Array(64).fill(1e-42)).scale, 0);
  assert.deepEqual(codes.nearest(vectorOf(64, 1), live, 2).map(({ row, score }) => [row, Math.round(score * 100)]), [[1, 100]]);
  assert.deepEqual(codes.nearest(new Float32Array(64), live, 2), []);
});

for (const dimensions of [1, 3, 127, 128, 129, 384, 512, 768, 1024, 1536, 8192]) {
  test(`Vectors of ${dimensions} numbers are found by themselves`, () => {
    const codes = new Codes(dimensions);
    const live = new RowSet();
    for (let row = 0; row < 20; row++) {
      codes.set(row, codes.encode(vectorOf(dimensions, row)));
      live.add(row);
    }
    for (let row = 0; row < 20; row++) {
      const [found] = codes.nearest(vectorOf(dimensions, row), live, 1);
      assert.ok(found!.score > 0.99, `${found!.score}`);
      if (dimensions > 2) assert.equal(found!.row, row);
    }
  });
}

function vectorOf(dimensions: number, seed: number): Float32Array {
  const random = seeded(seed + 1);
  return Float32Array.from({ length: dimensions }, () => random.normal());
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
}

function exactAmong(clusters: Clusters, query: Float32Array, rows: RowSet): number[] {
  const score = (row: number): number => cosine(clusters.vector(row), query);
  return [...rows].sort((a, b) => score(b) - score(a)).slice(0, K);
}
