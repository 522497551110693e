import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Embedder } from "../../../../servers/vector/embedders/embedder.ts";
import { QdrantBackend } from "../../../../servers/vector/qdrant/backend.ts";
import { Store } from "./stand-in/store.ts";
import { add, search, work } from "../contract.ts";
import { ToyEmbedder } from "../toy.ts";
import { nowhere } from "./nowhere.ts";
import { standIn } from "./stand-in/server.ts";

function backendAt(uri: string, embedder: Embedder | null = new ToyEmbedder()): QdrantBackend {
  return new QdrantBackend({ uri, apiKey: null, tool: "vector", embedder, weights: () => ({ text: 1, vector: 1 }), log: nowhere, following: () => undefined });
}
const POINT = "00000000-0000-4000-8000-000000000001";

describe("collections at a Qdrant server", () => {
  test("of others are neither shown nor touched", async () => {
    await using server = await standIn();
    const theirs = new Store({ vectors: { "": { size: 3, distance: "Cosine" } } });
    server.collections.set("contract", theirs).set("default", theirs);
    const backend = backendAt(server.uri);
    assert.deepEqual(await backend.collections(), []);
    await assert.rejects(backend.drop("default"), { code: "not-found" });
    await add(backend, "default", [{ text: "cat" }]);
    assert.deepEqual([...server.collections.keys()], ["contract", "default", "pipe-tools.default"]);
    assert.equal(server.collections.get("default"), theirs);
  });

  test("without an embedder find by words, and take vectors from the first one on", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri, null);
    await backend.create("c", null);
    await add(backend, "texts", [{ text: "cat" }]);
    assert.deepEqual((await search(backend, "texts", "cat")).map(({ score }) => score), [1]);
    await assert.rejects(search(backend, "texts", "cat", { mode: "vector" }), { code: "unsupported", message: /cannot search by meaning/ });
    await assert.rejects(add(backend, "texts", [{ text: "dog", vector: [1] }]), { code: "invalid-request", message: /\$\.vector: expected no vector/ });
    await add(backend, "c", [{ id: "a", text: "cat", vector: [3, 4] }]);
    await assert.rejects(add(backend, "c", [{ text: "dog" }]), { code: "invalid-request", message: /\$\.vector: expected 2 numbers/ });
    const facts = (await backend.collections()).map(({ name, rows, dimensions, embedder }) => ({ name, rows, dimensions, embedder }));
    assert.deepEqual(facts, [{ name: "c", rows: 1, dimensions: 2, embedder: null }, { name: "texts", rows: 1, dimensions: null, embedder: null }]);
    await assert.rejects(add(backendAt(server.uri), "texts", [{ text: "dog" }]), { code: "embedder-mismatch" });
  });

  test("whose maker died before it had said what they are for are mended while they are empty", async () => {
    for (const size of [8, 3]) {
      await using server = await standIn();
      server.collections.set("pipe-tools.c", new Store({ vectors: { dense: { size, distance: "Cosine" } }, sparse_vectors: { text: { modifier: "idf" } } }));
      const backend = backendAt(server.uri);
      assert.match((await backend.collections())[0]?.damage ?? "", /does not say whose vectors/);
      await add(backend, "c", [{ text: "cat" }]);
      assert.equal((await search(backend, "c", "feline")).length, 1);
    }
  });

  test("that somebody else has filled are not guessed at", async () => {
    await using server = await standIn();
    const store = new Store({ vectors: { dense: { size: 8, distance: "Cosine" } }, sparse_vectors: { text: { modifier: "idf" } } });
    store.upsert([{ id: POINT, payload: {}, vector: {} }]);
    server.collections.set("pipe-tools.c", store);
    const backend = backendAt(server.uri);
    await assert.rejects(add(backend, "c", [{ text: "cat" }]), { code: "data-damaged", message: /collection 'c' is damaged: it does not say whose/ });
    assert.equal(server.collections.get("pipe-tools.c"), store);
  });

  test("that two make at the same time are one", async () => {
    await using server = await standIn();
    const backends = [1, 2, 3].map(() => backendAt(server.uri));
    await Promise.all(backends.map((backend, i) => add(backend, "c", [{ id: String(i), text: "cat" }])));
    assert.equal(await backends[0]!.count("c", null), 3);
  });
});

describe("rows at a Qdrant server", () => {
  test("are added in parts, and a cancelled one leaves what was told of", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    const cancel = new AbortController();
    const told: string[] = [];
    const items = Array.from({ length: 2000 }, (_, i) => ({ id: String(i), text: `cat ${i}` }));
    const adding = backend.add("c", items, work(cancel.signal), (ids) => {
      told.push(...ids);
      if (told.length > 500) cancel.abort();
    });
    await assert.rejects(adding, { code: "cancelled" });
    assert.ok(told.length > 500 && told.length < 1000, String(told.length));
    assert.equal(await backend.count("c", null), told.length);
  });

  test("of one name are told apart before they are sent: Qdrant promises no order within a request", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    await add(backend, "c", [{ id: "a", text: "cat" }, { id: "b", text: "rain" }, { id: "a", text: "dog" }]);
    const sent = server.bodies.at(-1)?.body as { points: { payload: { id: string; text: string } }[] };
    assert.deepEqual(sent.points.map(({ payload }) => payload), [{ id: "a", text: "dog" }, { id: "b", text: "rain" }]);
  });

  test("that are large go in requests of some megabytes", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    await add(backend, "c", Array.from({ length: 30 }, (_, i) => ({ id: String(i), text: `${i} ${"cat dog rain ".repeat(10_000)}` })));
    const sizes = server.bodies.map(({ body }) => JSON.stringify(body).length);
    assert.ok(Math.max(...sizes) < 8 << 20, String(Math.max(...sizes)));
    assert.equal(await backend.count("c", null), 30);
  });

  test("are looked up by words and by meaning in one request", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    await add(backend, "c", [{ text: "cat" }]);
    server.log.length = 0;
    await search(backend, "c", "cat");
    const end = (line: string): string => line.replace("/collections/pipe-tools.c", "");
    assert.deepEqual(server.log.map(end), ["POST /points", "POST /points/query/batch", "POST /points"], "what it is of, which, and their texts");
  });

  test("cannot be backed up or restored from here, and it is said what can be done instead", async () => {
    const backend = backendAt("qdrant+http://127.0.0.1:6333");
    for (const act of [() => backend.backup(), () => backend.restore()]) await assert.rejects(act, { code: "unsupported", message: /export.*snapshots/ });
  });
});
