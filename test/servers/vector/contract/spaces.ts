import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Backend, Space } from "../../../../servers/vector/backend.ts";
import { add, allRows, type Ground, search, work } from "../contract.ts";
import { ToyEmbedder, toyVector } from "../toy.ts";

export function spacesKeptApart(ground: Ground): void {
  describe("a collection", () => {
    test("is made by the first add, is listed with its facts, and goes as a whole", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await assert.rejects(backend.count(name, null), { code: "not-found" });
      assert.equal(await factsOf(backend, name), null);
      await add(backend, name, [{ text: "cat" }, { text: "dog" }]);
      assert.deepEqual(await factsOf(backend, name), { name, rows: 2, dimensions: 8, embedder: "toy-8-v1" });
      await backend.drop(name);
      assert.equal(await factsOf(backend, name), null);
      await assert.rejects(backend.count(name, null), { code: "not-found" });
    });

    test("that is not there is missed by name, whatever is asked of it", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const missing = { code: "not-found", message: new RegExp(`there is no collection '${name}'`) };
      await assert.rejects(backend.get(name, "a", false), missing);
      await assert.rejects(backend.update(name, "a", { text: "cat" }, work()), missing);
      await assert.rejects(backend.delete(name, { ids: ["a"] }), missing);
      await assert.rejects(backend.drop(name), missing);
      await assert.rejects(allRows(backend, name), missing);
      assert.equal(await factsOf(backend, name), null);
    });

    test("can be made before, once, and only for one kind of vectors", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const [ours, theirs] = [ground.fresh(), ground.fresh()];
      for (const _ of [1, 2]) await backend.create(ours, TOYS);
      for (const _ of [1, 2]) await backend.create(theirs, brought(3));
      assert.deepEqual(await factsOf(backend, ours), { name: ours, rows: 0, dimensions: 8, embedder: "toy-8-v1" });
      assert.deepEqual(await factsOf(backend, theirs), { name: theirs, rows: 0, dimensions: 3, embedder: null });
      await assert.rejects(backend.create(theirs, brought(4)), { code: "exists" });
      await assert.rejects(backend.create(theirs, TOYS), { code: "exists" });
      await assert.rejects(backend.create(ours, brought(8)), { code: "exists" });
    });

    test("for vectors that one brings takes those alone, and finds by words too", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await backend.create(name, brought(3));
      await add(backend, name, [{ id: "a", text: "cat", vector: [2, 0, 0] }, { id: "b", text: "dog", vector: [0, 1, 1] }]);
      await assert.rejects(add(backend, name, [{ text: "rain" }]), { code: "embedder-mismatch", message: /has vectors of its own \(3 dimensions\); toy-8-v1 cannot/ });
      await assert.rejects(add(backend, name, [{ text: "rain", vector: [1, 2] }]), { code: "invalid-request", message: /\$\.vector: expected 3 numbers.*got 2 numbers/ });
      await assert.rejects(backend.update(name, "a", { vector: [1] }, work()), { code: "invalid-request", message: /\$\.vector/ });
      assert.deepEqual((await search(backend, name, null, { vector: [0, 0, 5], k: 1 })).map(({ id }) => id), ["b"]);
      assert.deepEqual((await search(backend, name, "cat", { mode: "text" })).map(({ id }) => id), ["a"]);
      assert.deepEqual((await search(backend, name, "cat")).map(({ id }) => id), ["a"], "both, where texts cannot be embedded, is by words");
      assert.deepEqual((await search(backend, name, "cat", { vector: [0, 1, 1] })).map(({ id }) => id).sort(), ["a", "b"]);
      await assert.rejects(search(backend, name, "cat", { mode: "vector" }), { code: "embedder-mismatch" });
      await assert.rejects(search(backend, name, null, { vector: [1] }), { code: "invalid-request", message: /\$\.vector/ });
      await backend.update(name, "a", { text: "kitten" }, work());
      assert.deepEqual((await backend.get(name, "a", true)).vector?.map(Math.sign), [1, 0, 0], "whose vectors come from outside keep theirs");
      assert.equal(await backend.count(name, null), 2);
    });

    test("of an embedder takes given vectors of its length, and puts nothing in when one is of another", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await backend.create(name, TOYS);
      await add(backend, name, [{ id: "a", text: "unknown words", vector: Array.from(toyVector("cat")) }]);
      assert.deepEqual((await search(backend, name, "feline", { mode: "vector" })).map(({ id }) => id), ["a"]);
      await assert.rejects(add(backend, name, [{ id: "b", text: "dog" }, { id: "c", text: "dog", vector: [1] }]), { code: "invalid-request", message: /\$\S*\.vector: expected 8 numbers/ });
      assert.equal(await backend.count(name, null), 1);
    });

    test("of one embedder is not mixed with another's vectors, and stays readable", async () => {
      const name = ground.fresh();
      await add(await ground.open(new ToyEmbedder()), name, [{ id: "a", text: "cat" }]);
      const backend = await ground.open(new ToyEmbedder("toy-8-v2"));
      const mismatch = { code: "embedder-mismatch", message: new RegExp(`'${name}' has vectors of toy-8-v1 \\(8 dimensions\\); toy-8-v2 cannot be compared`) };
      await assert.rejects(add(backend, name, [{ text: "dog" }]), mismatch);
      await assert.rejects(search(backend, name, "cat"), mismatch);
      await assert.rejects(search(backend, name, "cat", { mode: "vector" }), mismatch);
      await assert.rejects(backend.update(name, "a", { text: "dog" }, work()), mismatch);
      assert.deepEqual((await search(backend, name, "cat", { mode: "text" })).map(({ id }) => id), ["a"]);
      await backend.update(name, "a", { metadata: { x: 1 } }, work());
      assert.deepEqual((await allRows(backend, name)).map(({ id, metadata }) => ({ id, metadata })), [{ id: "a", metadata: { x: 1 } }]);
      assert.deepEqual(await factsOf(backend, name), { name, rows: 1, dimensions: 8, embedder: "toy-8-v1" });
    });

    test("can be carried into another with its vectors, without embedding anything", async () => {
      const embedder = new ToyEmbedder();
      const backend = await ground.open(embedder);
      const [from, to] = [ground.fresh(), ground.fresh()];
      await add(backend, from, [{ id: "a", text: "cat", metadata: { n: 1 } }, { id: "b", text: "dog and rain" }]);
      const rows = await allRows(backend, from);
      const embedded = embedder.calls.length;
      await add(backend, to, rows);
      assert.equal(embedder.calls.length, embedded);
      assert.deepEqual(await allRows(backend, to), rows);
    });
  });
}

const TOYS: Space = { embedder: "toy-8-v1", dimensions: 8 };

function brought(dimensions: number): Space {
  return { embedder: null, dimensions };
}

/** Of the facts those that do not depend on where it lies; null when it is not listed. */
async function factsOf(backend: Backend, wanted: string): Promise<object | null> {
  const facts = (await backend.collections()).find(({ name }) => name === wanted);
  if (facts === undefined) return null;
  const { name, rows, dimensions, embedder } = facts;
  return { name, rows, dimensions, embedder };
}
