import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { statSync, utimesSync } from "node:fs";
import { describe, test } from "node:test";
import { parseFilter } from "../../../../servers/vector/filter.ts";
import { QdrantBackend, type QdrantOptions } from "../../../../servers/vector/qdrant/backend.ts";
import { add, allRows, search } from "../contract.ts";
import { foldersOf, index, textsOf } from "../contract/folders.ts";
import { folderOf } from "../files/folder.ts";
import { ToyEmbedder } from "../toy.ts";
import { nowhere } from "./nowhere.ts";
import { type Fault, standIn } from "./stand-in/server.ts";

function backendAt(uri: string, more: Partial<QdrantOptions> = {}): QdrantBackend {
  return new QdrantBackend({ uri, apiKey: null, tool: "vector", embedder: new ToyEmbedder(), weights: () => ({ text: 1, vector: 1 }), log: nowhere, following: () => undefined, patience: { readMs: 5000, writeMs: 5000, pauseMs: 1 }, ...more });
}

const isWrite = (line: string): boolean => /^PUT .*\/points\b|\/points\/delete/.test(line);
/** From the write of this number on, counted from 0, the server is gone. */
function deathAt(write: number): Fault {
  let writes = 0;
  return ({ method, url }, response) => {
    if (isWrite(`${method} ${url}`)) writes += 1;
    return writes > write && (response.destroy(), true);
  };
}

/** A text of more passages than one request takes; each says which edition it is of. */
function edition(word: string): string {
  return Array.from({ length: 300 }, (_, i) => `# ${word} ${i}\n\n${word} ${"… ".repeat(600)}\n`).join("\n");
}

describe("a folder at a Qdrant server", () => {
  test("whose indexing ends in the middle of a file is read again, with nothing lost meanwhile, even if the file is as it was by then", async (t) => {
    for (const reverts of [false, true]) {
      for (let write = 1; ; write += 1) {
        await using server = await standIn();
        const folder = folderOf(t, { "a.md": edition("cat") });
        utimesSync(folder.at("a.md"), 1000, 1000);
        const before = backendAt(server.uri);
        await index(before, "c", folder.path);
        const whole = await allRows(before, "c");
        assert.ok(whole.length > 256, String(whole.length));
        folder.write("a.md", `\n\n${edition("dog")}`);
        server.fault = deathAt(write); // write 0 is the folder's
        const died = await index(before, "c", folder.path).then(() => false, () => true);
        server.fault = null;
        const left = await allRows(before, "c");
        const [old, fresh] = ["cat", "dog"].map((word) => left.filter(({ text }) => text.includes(word)).length);
        assert.ok(old === whole.length || fresh === whole.length, `of ${whole.length} there are ${old} and ${fresh}`);
        if (reverts) {
          folder.write("a.md", edition("cat"));
          utimesSync(folder.at("a.md"), 1000, 1000);
        }
        const after = backendAt(server.uri);
        await index(after, "c", folder.path);
        assert.deepEqual((await allRows(after, "c")).map(({ text }) => text.includes(reverts ? "cat" : "dog")), whole.map(() => true));
        if (reverts && died) assert.deepEqual(await allRows(after, "c"), whole);
        if (!died) {
          assert.equal(write, 5, "the first part, the second, what goes, what it is known by");
          break;
        }
      }
    }
  });

  test("whose first indexing ends in the middle of a file knows of it, should it never be there again", async (t) => {
    for (const write of [1, 2, 3]) {
      await using server = await standIn();
      const folder = folderOf(t, { "a.md": edition("cat") });
      const backend = backendAt(server.uri);
      await backend.create("c", { embedder: "toy-8-v1", dimensions: 8 });
      server.fault = deathAt(write);
      await assert.rejects(index(backend, "c", folder.path), { code: "backend-failed" });
      server.fault = null;
      folder.write("b.md", "dog");
      folder.write(".gitignore", "a.md\n");
      assert.equal((await index(backendAt(server.uri), "c", folder.path)).removed, write === 1 ? 0 : 1);
      assert.deepEqual(await textsOf(backend, "c"), ["dog"]);
    }
  });

  test("is kept in points that nothing finds, counts, deletes or exports but what is about folders", async (t) => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    const folder = folderOf(t, { "a.txt": "cat", "b.txt": "dog", "c.txt": "" });
    await add(backend, "c", [{ id: "own", text: "rain", metadata: { n: 1 } }]);
    await index(backend, "c", folder.path);
    const store = server.collections.get("pipe-tools.c")!;
    assert.equal(store.count({}), 3 + 1 + 1 + 3, "rows, what the collection is for, the folder, its files");
    const filters = [{}, { n: { $ne: 1 } }, { n: { $exists: false } }, { $not: { n: 1 } }].map((filter) => parseFilter(filter));
    assert.deepEqual(await Promise.all([null, ...filters].map((filter) => backend.count("c", filter))), [3, 3, 2, 2, 2]);
    for (const filter of [{}, { n: { $exists: false } }]) for (const mode of ["text", "vector", "hybrid"] as const) for (const { id } of await search(backend, "c", "cat dog rain", { mode, k: 100, filter })) assert.match(id, /:1$|^own$/);
    assert.equal((await allRows(backend, "c")).length, 3);
    assert.equal((await backend.collections())[0]?.rows, 3);
    assert.equal(await backend.delete("c", { filter: filters[0]! }), 3);
    assert.equal(store.count({}), 1 + 1 + 3);
    assert.deepEqual(await foldersOf(backend, "c"), [{ path: folder.path, follow: false, files: 3 }]);
    await backend.unindex("c", folder.path);
    assert.equal(store.count({}), 1);
  });

  test("leaves another's passages alone, whatever their files are called there", async (t) => {
    await using server = await standIn();
    const [ours, theirs] = [folderOf(t, { "a.txt": "cat" }), folderOf(t, { "a.txt": "dog" })];
    const [backend, other] = [backendAt(server.uri), backendAt(server.uri)];
    await index(other, "c", theirs.path);
    await index(backend, "c", ours.path);
    ours.write("a.txt", "");
    await index(backend, "c", ours.path);
    ours.write(".gitignore", "*");
    assert.equal((await index(backend, "c", ours.path)).removed, 1);
    assert.equal(await backend.unindex("c", ours.path), 0);
    assert.deepEqual(await textsOf(backend, "c"), ["dog"]);
    assert.equal((await index(other, "c", theirs.path)).changed, 0);
  });

  test("knows a file's time to the last digit, whatever the server makes of fractions", async (t) => {
    await using server = await standIn();
    const folder = folderOf(t, { "a.txt": "cat" });
    utimesSync(folder.at("a.txt"), 1_000_000.123456, 1_000_000.123456);
    await index(backendAt(server.uri), "c", folder.path);
    const sent = server.bodies.flatMap(({ body }) => (body as { points?: { payload: { file?: { mtimeMs: unknown } } }[] }).points ?? []);
    assert.equal(sent.at(-1)?.payload.file?.mtimeMs, String(statSync(folder.at("a.txt")).mtimeMs));
  });

  test("is followed no more when another process has forgotten it, or dropped its collection", async (t) => {
    for (const end of ["unindex", "drop"] as const) {
      await using server = await standIn();
      const folder = folderOf(t, { "a.txt": "cat" });
      const heard = new EventEmitter();
      const backend = backendAt(server.uri, { following: (busy) => void heard.emit(busy ? "busy" : "idle") });
      const first = once(heard, "idle", { signal: AbortSignal.timeout(20_000) });
      await index(backend, "c", folder.path, { follow: true });
      await first;
      const other = backendAt(server.uri);
      await (end === "drop" ? other.drop("c") : other.unindex("c", folder.path));
      const looked = once(heard, "idle", { signal: AbortSignal.timeout(20_000) });
      folder.write("b.txt", "dog");
      await looked;
      if (end === "drop") assert.equal(server.collections.size, 0);
      else assert.deepEqual([await textsOf(other, "c"), await foldersOf(other, "c")], [[], []]);
      await backend.close();
      await other.close();
    }
  });

  test("is followed from the first request on that a server answers which was not there at the start", async (t) => {
    await using server = await standIn();
    const folder = folderOf(t, { "a.txt": "cat" });
    const before = backendAt(server.uri);
    await index(before, "c", folder.path, { follow: true });
    await before.close();
    folder.write("b.txt", "dog");
    const heard = new EventEmitter();
    const said: string[] = [];
    const log = { ...nowhere, warn: (_: object, message: string) => void said.push(message), info: (_: object, message: string) => void heard.emit(message) };
    const backend = backendAt(server.uri, { log });
    server.fault = (_, response) => (response.destroy(), true);
    await backend.prepare();
    assert.match(said.join(), /the connection was cut/);
    await assert.rejects(backend.count("c", null), { code: "backend-failed" });
    server.fault = null;
    const taken = once(heard, "took in what has changed", { signal: AbortSignal.timeout(20_000) });
    await backend.count("c", null);
    await taken;
    assert.deepEqual(await textsOf(backend, "c"), ["cat", "dog"]);
    await backend.close();
  });

  test("waits for the embedder when it is followed again", async (t) => {
    await using server = await standIn();
    const folder = folderOf(t, { "a.txt": "cat" });
    const before = backendAt(server.uri);
    await index(before, "c", folder.path, { follow: true });
    await before.close();
    folder.write("a.txt", "dog");
    const events = new EventEmitter();
    const asked = once(events, "asked", { signal: AbortSignal.timeout(20_000) });
    const embedderReady = (): Promise<unknown> => (events.emit("asked"), once(events, "ready"));
    const log = { ...nowhere, info: (_: object, message: string) => void events.emit(message) };
    const backend = backendAt(server.uri, { embedderReady, log });
    await backend.prepare();
    await asked;
    const taken = once(events, "took in what has changed", { signal: AbortSignal.timeout(20_000) });
    events.emit("ready");
    await taken;
    assert.deepEqual(await textsOf(backend, "c"), ["dog"]);
    await backend.close();
  });

  test("that has no passage yet is not lost when the first vector comes into its collection", async (t) => {
    await using server = await standIn();
    const folder = folderOf(t);
    const backend = backendAt(server.uri, { embedder: null });
    await index(backend, "c", folder.path);
    await assert.rejects(add(backend, "c", [{ text: "cat", vector: [1, 2] }]), { code: "invalid-request", message: /texts alone/ });
    assert.equal((await foldersOf(backend, "c"))?.length, 1);
    folder.write("a.txt", "cat");
    await index(backend, "c", folder.path);
    assert.equal((await search(backend, "c", "cat")).length, 1);
  });
});
