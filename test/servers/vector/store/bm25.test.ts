import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Bm25 } from "../../../../servers/vector/store/bm25.ts";
import { RowSet } from "../../../../servers/vector/store/rowset.ts";
import { countTerms } from "../../../../servers/vector/terms.ts";

const VOCABULARY = "pipe server worker daemon queue restart memory vector".split(" ");
const text = fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 12 }).map((words) => words.join(" "));

/** By the formula, and nothing else. */
function naive(texts: ReadonlyMap<number, string>, query: string, row: number): number {
  const wordsOf = (one: string): string[] => one.split(" ").filter((word) => word !== "");
  const average = [...texts.values()].reduce((sum, one) => sum + wordsOf(one).length, 0) / texts.size;
  const words = wordsOf(texts.get(row)!);
  return wordsOf(query).reduce((sum, word) => {
    const having = [...texts.values()].filter((one) => wordsOf(one).includes(word)).length;
    const often = words.filter((one) => one === word).length;
    const idf = Math.log(1 + (texts.size - having + 0.5) / (having + 0.5));
    return sum + (often === 0 ? 0 : (idf * often * 2.2) / (often + 1.2 * (0.25 + (0.75 * words.length) / average)));
  }, 0);
}

test("Scores are those of the formula, for any texts, also after some were removed or replaced", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.option(text)), { minLength: 1, maxLength: 60 }), text, (changes, query) => {
      const index = new Bm25();
      const texts = new Map<number, string>();
      for (const [row, next] of changes) {
        const before = texts.get(row);
        if (before !== undefined) index.remove(row, countTerms(before).hashes);
        texts.delete(row);
        if (next === null) continue;
        index.add(row, countTerms(next));
        texts.set(row, next);
      }
      const found = index.search(countTerms(query), RowSet.of(texts.keys()), 100);
      const wanted = [...texts.keys()].map((row) => ({ row, score: naive(texts, query, row) })).filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.row - b.row);
      assert.deepEqual(new Set(found.map(({ row }) => row)), new Set(wanted.map(({ row }) => row)));
      for (const { row, score } of found) assert.ok(Math.abs(score - naive(texts, query, row)) < 1e-5, `row ${row}: ${score} against ${naive(texts, query, row)}`);
    }),
  );
});

test("Only rows of the given set are found, only so many as are wanted, and the best of them", () => {
  const index = new Bm25();
  for (let row = 0; row < 5000; row++) index.add(row, countTerms(`pipe ${row % 10 === 0 ? "worker" : "server"} ${row === 777 ? "daemon" : ""}`));
  const odd = RowSet.of(Array.from({ length: 2500 }, (_, i) => 2 * i + 1));
  const found = index.search(countTerms("pipe daemon"), odd, 10);
  assert.equal(found.length, 10);
  assert.equal(found[0]!.row, 777);
  assert.ok(found.every(({ row }) => odd.has(row)));
  assert.deepEqual(index.search(countTerms("worker"), odd, 10), []);
  assert.deepEqual(index.search(countTerms("elephant"), odd, 10), []);
});

test("One search leaves nothing behind for the next", () => {
  const index = new Bm25();
  index.add(3, countTerms("pipe server"));
  index.add(9000, countTerms("pipe"));
  const rows = RowSet.of([3, 9000]);
  const first = index.search(countTerms("pipe"), rows, 5);
  index.search(countTerms("server"), rows, 5);
  assert.deepEqual(index.search(countTerms("pipe"), rows, 5), first);
  assert.deepEqual(first.map(({ row }) => row), [9000, 3]);
});
