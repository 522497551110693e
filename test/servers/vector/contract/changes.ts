import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseFilter } from "../../../../servers/vector/filter.ts";
import { add, allRows, assertDirection, type Ground, search, work } from "../contract.ts";
import { ToyEmbedder, toyVector } from "../toy.ts";

/** A row's name may be any text of up to 1024 characters. */
const NAMES = ["1", "01", " ", "a/b?c#d", "Straße 漢字 🐈", 'say "hi" \\ bye', "../..", "x".repeat(1024)];

export function changesKept(ground: Ground): void {
  describe("rows", () => {
    test("are there when they were added, with all that was given", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const metadata = { a: "text", b: [1, 2.5, true, null], c: { d: { e: -1e-7 } }, "odd key.": "", big: 2 ** 60, empty: {} };
      assert.deepEqual(await add(backend, name, [{ id: "one", text: "A cat\n\tand a 🐈.", metadata }, { text: "A dog." }]), ["one", "330283a5ffefd18f0d5fbdc5"]);
      assert.deepEqual(await backend.get(name, "one", false), { id: "one", text: "A cat\n\tand a 🐈.", metadata });
      assertDirection((await backend.get(name, "one", true)).vector, toyVector("cat"));
      assert.deepEqual(await backend.get(name, "330283a5ffefd18f0d5fbdc5", false), { id: "330283a5ffefd18f0d5fbdc5", text: "A dog." });
      await assert.rejects(backend.get(name, "two", false), { code: "not-found", message: /there is no row 'two' in .*contract-/ });
    });

    test("may have any name", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      assert.deepEqual(await add(backend, name, NAMES.map((id) => ({ id, text: `cat ${id}` }))), NAMES);
      for (const id of NAMES) assert.equal((await backend.get(name, id, false)).text, `cat ${id}`);
      assert.deepEqual((await search(backend, name, "cat")).map(({ id }) => id).sort(), [...NAMES].sort());
      assert.equal(await backend.delete(name, { ids: NAMES.slice(2) }), NAMES.length - 2);
      assert.deepEqual((await allRows(backend, name)).map(({ id }) => id), ["01", "1"]);
    });

    test("are there once however often they are added, the last one as it is", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await add(backend, name, [{ id: "a", text: "cat", metadata: { n: 1 } }, { text: "dog" }]);
      await add(backend, name, [{ text: "dog" }, { id: "a", text: "rain" }, { id: "a", text: "bread" }]);
      assert.equal(await backend.count(name, null), 2);
      assert.deepEqual(await backend.get(name, "a", false), { id: "a", text: "bread" });
      for (const gone of ["cat", "rain"]) assert.deepEqual(await search(backend, name, gone, { mode: "text" }), []);
      assert.deepEqual((await search(backend, name, "loaf", { mode: "vector", k: 1 })).map(({ id }) => id), ["a"]);
    });

    test("of a long list are told part by part, in their order, and can all be read again with their vectors", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const items = Array.from({ length: 1000 }, (_, i) => ({ id: String(i).padStart(4, "0"), text: `${["cat", "dog", "car rain", ""][i % 4]} ${i}`, metadata: { i } }));
      const parts: (readonly string[])[] = [];
      const seen: (number | null)[][] = [];
      await backend.add(name, items, { signal: new AbortController().signal, progress: (_, value, total) => void seen.push([value, total]) }, (ids) => void parts.push(ids));
      assert.deepEqual(parts.flat(), items.map(({ id }) => id));
      assert.deepEqual(seen.at(-1), [1000, 1000]);
      const rows = await allRows(backend, name);
      assert.deepEqual(rows.map(({ id, text, metadata }) => ({ id, text, metadata })), items);
      for (const { text, vector } of rows) {
        const expected = toyVector(text);
        if (expected.some((number) => number > 0)) assertDirection(vector, expected);
      }
    });

    test("are not added by who has cancelled", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await add(backend, name, [{ id: "a", text: "cat" }]);
      await assert.rejects(backend.add(name, [{ id: "b", text: "dog" }], work(AbortSignal.abort()), () => undefined), { code: "cancelled" });
      assert.equal(await backend.count(name, null), 1);
    });

    test("can be changed in part", async () => {
      const embedder = new ToyEmbedder();
      const backend = await ground.open(embedder);
      const name = ground.fresh();
      await add(backend, name, [{ id: "a", text: "a cat", metadata: { x: 1, y: 2 } }]);
      const embedded = embedder.calls.length;
      await backend.update(name, "a", { metadata: { z: 3 } }, work());
      assert.deepEqual(await backend.get(name, "a", false), { id: "a", text: "a cat", metadata: { z: 3 } });
      assert.equal(embedder.calls.length, embedded, "the text is the same, and so is its vector");
      await backend.update(name, "a", { text: "a puppy" }, work());
      assert.deepEqual((await backend.get(name, "a", false)).metadata, { z: 3 });
      assertDirection((await backend.get(name, "a", true)).vector, toyVector("puppy"));
      assert.deepEqual(await search(backend, name, "cat", { mode: "text" }), []);
      assert.deepEqual((await search(backend, name, "puppy", { mode: "text" })).map(({ id }) => id), ["a"]);
      await backend.update(name, "a", { vector: [0, 0, 3, 0, 4, 0, 0, 0] }, work());
      assertDirection((await backend.get(name, "a", true)).vector, Float32Array.of(0, 0, 0.6, 0, 0.8, 0, 0, 0));
      assert.equal((await backend.get(name, "a", false)).text, "a puppy");
      await assert.rejects(backend.update(name, "b", { text: "dog" }, work()), { code: "not-found" });
      assert.equal(await backend.count(name, null), 1);
    });

    test("keep what two changed at the same time", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await add(backend, name, [{ id: "a", text: "cat" }]);
      await Promise.all([backend.update(name, "a", { text: "dog" }, work()), backend.update(name, "a", { metadata: { x: 1 } }, work())]);
      assert.deepEqual(await backend.get(name, "a", false), { id: "a", text: "dog", metadata: { x: 1 } });
    });

    test("can be deleted by their names or by a filter, and it is told how many were", async () => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      await add(backend, name, Array.from({ length: 20 }, (_, i) => ({ id: String(i), text: `cat ${i}`, metadata: { i } })));
      assert.equal(await backend.delete(name, { ids: ["3", "3", "4", "unknown"] }), 2);
      assert.equal(await backend.delete(name, { ids: [] }), 0);
      assert.equal(await backend.delete(name, { filter: parseFilter({ i: { $lt: 10 } }) }), 8);
      assert.equal(await backend.delete(name, { filter: parseFilter({ i: { $lt: 10 } }) }), 0);
      assert.equal(await backend.count(name, null), 10);
      assert.equal((await search(backend, name, "cat", { k: 100 })).length, 10);
      assert.equal(await backend.delete(name, { filter: parseFilter({}) }), 10);
      assert.deepEqual(await search(backend, name, "cat"), []);
      await add(backend, name, [{ id: "again", text: "cat" }]);
      assert.equal((await search(backend, name, "cat")).length, 1);
    });

    test("are there after all was closed", async () => {
      const name = ground.fresh();
      await add(await ground.open(new ToyEmbedder()), name, [{ id: "a", text: "cat", metadata: { n: 1 } }]);
      const backend = await ground.open(new ToyEmbedder());
      assert.deepEqual((await search(backend, name, "feline")).map(({ id }) => id), ["a"]);
      await backend.close();
      assert.equal(await backend.count(name, parseFilter({ n: 1 })), 1, "the next request opens it again");
    });
  });
}
