import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Backend } from "../../../../servers/vector/backend.ts";
import { add, type Ground, search } from "../contract.ts";
import { ToyEmbedder, toyVector } from "../toy.ts";

const ITEMS = [
  { id: "cat", text: "The kitten sleeps on the sofa", metadata: { kind: "animal" } },
  { id: "dog", text: "A hound barks at the gate", metadata: { kind: "animal" } },
  { id: "car", text: "An automobile was parked at the gate, gate, gate" },
  { id: "bread", text: "The bakery sells loaf after loaf" },
  { id: "nothing", text: "" },
  { id: "code", text: "function parseConfigFile(path) returns an automobile" },
];

export function searchesFind(ground: Ground): void {
  describe("a search", () => {
    let backend: Backend;
    let name: string;
    before(async () => {
      backend = await ground.open(new ToyEmbedder());
      name = ground.fresh();
      await add(backend, name, ITEMS);
    });

    test("by words finds the rows that have one, those first where it stands more often, and names the words as they stand there", async () => {
      const hits = await search(backend, name, "gates", { mode: "text" });
      assert.deepEqual(hits.map(({ id }) => id), ["car", "dog"]);
      assert.deepEqual(hits.map(({ words }) => words), [["gate"], ["gate"]]);
      assert.ok(hits[0]!.score > hits[1]!.score && hits[1]!.score > 0);
      assert.deepEqual(hits.map(({ parts, score }) => parts.text === score && parts.vector === undefined), [true, true]);
      assert.deepEqual((await search(backend, name, "config", { mode: "text" })).map(({ id }) => id), ["code"]);
      assert.deepEqual(await search(backend, name, "zebra", { mode: "text" }), []);
    });

    test("lets rare words weigh more than frequent ones", async () => {
      const [first] = await search(backend, name, "the loaf", { mode: "text" });
      assert.equal(first?.id, "bread");
    });

    test("by meaning finds what shares no word with the query, and scores by the cosine", async () => {
      const hits = await search(backend, name, "feline", { mode: "vector", k: 1 });
      assert.deepEqual(hits.map(({ id, text, metadata, words }) => ({ id, text, metadata, words })), [{ ...ITEMS[0], words: [] }]);
      assert.ok(Math.abs(hits[0]!.score - 1) < 1e-5);
      assert.deepEqual(Object.keys(hits[0]!.parts), ["vector"]);
    });

    test("by a vector finds what is near to it", async () => {
      const vector = Array.from(toyVector("bread and cat"));
      const hits = await search(backend, name, null, { mode: "vector", vector, k: 2 });
      assert.deepEqual(hits.map(({ id }) => id).sort(), ["bread", "cat"]);
      for (const { score } of hits) assert.ok(Math.abs(score - Math.SQRT1_2) < 1e-5);
    });

    test("by both puts what both find first, with a score of 1, and tells what it was made from", async () => {
      const [first, ...others] = await search(backend, name, "loaf of bread");
      assert.equal(first?.id, "bread");
      assert.ok(Math.abs(first.score - 1) < 1e-6);
      assert.ok(first.parts.text! > 0 && Math.abs(first.parts.vector! - 1) < 1e-5);
      for (const { score } of others) assert.ok(score < 1);
    });

    test("by both still finds what only one of them does", async () => {
      const ids = (await search(backend, name, "puppy sofa")).map(({ id }) => id);
      assert.deepEqual(ids.slice(0, 2).sort(), ["cat", "dog"]);
    });

    test("with a filter finds only what the filter lets through", async () => {
      for (const mode of ["hybrid", "vector", "text"] as const) {
        const ids = (await search(backend, name, "gate automobile kitten hound", { mode, filter: { kind: "animal" } })).map(({ id }) => id);
        assert.deepEqual(ids.sort(), ["cat", "dog"], mode);
      }
    });

    test("finds no more than it was asked for", async () => {
      for (const mode of ["hybrid", "vector", "text"] as const) assert.equal((await search(backend, name, "the automobile", { mode, k: 1 })).length, 1, mode);
    });

    test("for a text without a word finds nothing", async () => {
      for (const mode of ["hybrid", "vector", "text"] as const) assert.deepEqual(await search(backend, name, " … ", { mode }), [], mode);
    });

    test("for nothing at all is an invalid request", async () => {
      await assert.rejects(search(backend, name, null), { code: "invalid-request" });
      await assert.rejects(search(backend, name, null, { mode: "text", vector: Array.from(toyVector("cat")) }), { code: "invalid-request", message: /\$\.query/ });
    });

    test("in an empty collection finds nothing, and in one that is not there says so", async () => {
      const empty = ground.fresh();
      await backend.create(empty, null);
      assert.deepEqual(await search(backend, empty, "cat"), []);
      await assert.rejects(search(backend, ground.fresh(), "cat"), { code: "not-found", message: /there is no collection 'contract-/ });
    });
  });
}
