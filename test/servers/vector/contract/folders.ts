import assert from "node:assert/strict";
import { rmSync, symlinkSync, utimesSync } from "node:fs";
import { describe, test } from "node:test";
import type { Backend, Indexed, IndexRequest } from "../../../../servers/vector/backend.ts";
import { add, allRows, type Ground, search, work } from "../contract.ts";
import { type Folder, folderOf } from "../files/folder.ts";
import { ToyEmbedder } from "../toy.ts";

/** So much that two sections are two passages. */
const FILLING = "word ".repeat(180);

export function foldersIndexed(ground: Ground): void {
  describe("a folder", () => {
    test("is searchable when it is indexed: each passage by its file and line", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "pets.md": `# Pets\n\nThe cat sleeps. ${FILLING}\n\n# Weather\n\nMuch rain today. ${FILLING}\n`, "sub/code.ts": "export const dog = 1;\n", "empty.txt": "" });
      assert.deepEqual(await index(backend, name, folder.path), { files: 3, changed: 3, removed: 0, passages: 3, skipped: [] });
      const [hit] = await search(backend, name, "feline", { mode: "vector", k: 1 });
      const path = folder.at("pets.md");
      assert.deepEqual([hit?.id, hit?.metadata], [`${path}:1`, { path, line: 1, end: 3, heading: "Pets", kind: "markdown" }]);
      assert.deepEqual((await search(backend, name, "rain", { mode: "text" })).map(({ id }) => id), [`${path}:5`]);
      assert.deepEqual((await search(backend, name, "cat rain dog", { filter: { kind: "code" } })).map(({ id }) => id), [`${folder.at("sub/code.ts")}:1`]);
      assert.deepEqual(await foldersOf(backend, name), [{ path: folder.path, follow: false, files: 3 }]);
    });

    test("in which nothing has changed is not read again", async (t) => {
      const embedder = new ToyEmbedder();
      const backend = await ground.open(embedder);
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat", "b.txt": "dog" });
      age(folder, "a.txt", "b.txt");
      await index(backend, name, folder.path);
      const embedded = embedder.calls.length;
      folder.write("a.txt", "car"); // the same size and time: who does not read it does not know
      age(folder, "a.txt");
      assert.deepEqual(await index(backend, name, folder.path), { files: 2, changed: 0, removed: 0, passages: 0, skipped: [] });
      assert.equal(embedder.calls.length, embedded);
      age(folder, "b.txt", 2000);
      assert.equal((await index(backend, name, folder.path)).changed, 0);
      assert.equal(embedder.calls.length, embedded, "touched alone, it has the same passages");
      assert.deepEqual(await textsOf(backend, name), ["cat", "dog"]);
    });

    test("has the passages of its files as they are now: changed, gone, or left out by a new rule", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "a.md": `# A\n\ncat ${FILLING}\n\n# B\n\ndog ${FILLING}\n`, "b.txt": "rain", "c.txt": "bread", "d.txt": "music" });
      await index(backend, name, folder.path);
      folder.write("a.md", "# A\n\nkitten\n");
      rmSync(folder.at("b.txt"));
      folder.write(".gitignore", "c.txt\n");
      assert.deepEqual(await index(backend, name, folder.path), { files: 2, changed: 1, removed: 2, passages: 1, skipped: [] });
      assert.deepEqual(await textsOf(backend, name), ["# A\n\nkitten", "music"]);
      assert.equal(await backend.count(name, null), 2);
      for (const gone of ["cat", "dog", "rain", "bread"]) assert.deepEqual(await search(backend, name, gone, { mode: "text" }), [], gone);
      folder.write("a.md", "");
      assert.deepEqual(await index(backend, name, folder.path), { files: 2, changed: 1, removed: 0, passages: 0, skipped: [] });
      assert.deepEqual(await textsOf(backend, name), ["music"]);
      folder.write("a.md", "cat");
      await index(backend, name, folder.path);
      assert.deepEqual(await textsOf(backend, name), ["cat", "music"], "what was empty is a file like any other");
    });

    test("says what of it could not be taken in, and why", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const folder = folderOf(t, { "a.txt": "cat", "large.txt": "x".repeat((1 << 20) + 1), "binary.txt": "a\0b", "latin.txt": Buffer.from([0x66, 0xfc, 0x72]), ".hidden": "dog" });
      symlinkSync("a.txt", folder.at("link.txt"));
      const { files, skipped } = await index(backend, ground.fresh(), folder.path);
      assert.equal(files, 1);
      const reasons = skipped.map(({ path, reason }) => `${path}: ${reason.split(":")[0]}`).sort();
      assert.deepEqual(reasons, ["binary.txt: binary", "large.txt: too-large", "latin.txt: not-utf8", "link.txt: symlink"]);
    });

    test("is not indexed within another, nor around it, whichever is asked for first", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const [name, other] = [ground.fresh(), ground.fresh()];
      const folder = folderOf(t, { "notes/a.txt": "cat", "notes/sub/b.txt": "dog", "notes-of-old/c.txt": "rain" });
      await index(backend, name, folder.at("notes"));
      await assert.rejects(index(backend, name, folder.at("notes/sub")), { code: "exists", message: /notes.*Index .*notes again/ });
      await assert.rejects(index(backend, name, folder.path), { code: "exists", message: /notes.*Forget that first/ });
      await index(backend, name, folder.at("notes-of-old"));
      const both = await Promise.allSettled([folder.at("notes"), folder.at("notes/sub")].map((path) => index(backend, other, path)));
      assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "two at the same time are no exception");
      assert.equal((await foldersOf(backend, other))?.length, 1);
    });

    test("may be a single file", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat", "b.txt": "dog" });
      assert.equal((await index(backend, name, folder.at("a.txt"))).files, 1);
      assert.deepEqual((await allRows(backend, name)).map(({ id }) => id), [`${folder.at("a.txt")}:1`]);
      folder.write("a.txt", "kitten");
      assert.equal((await index(backend, name, folder.at("a.txt"))).changed, 1);
      assert.deepEqual(await textsOf(backend, name), ["kitten"]);
      assert.equal(await backend.unindex(name, folder.at("a.txt")), 1);
    });

    test("is forgotten with its passages and nothing else; then it is new again", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "one/a.txt": "cat", "one/b.txt": "dog", "two/c.txt": "rain" });
      await add(backend, name, [{ id: "own", text: "bread" }]);
      for (const path of ["one", "two"]) await index(backend, name, folder.at(path));
      assert.deepEqual(await foldersOf(backend, name), ["one", "two"].map((path) => ({ path: folder.at(path), follow: false, files: path === "one" ? 2 : 1 })));
      await assert.rejects(backend.unindex(name, folder.at("three")), { code: "not-found", message: /no indexed folder '.*three'.*It has .*one, .*two/ });
      assert.equal(await backend.unindex(name, folder.at("one")), 2);
      assert.deepEqual(await textsOf(backend, name), ["bread", "rain"]);
      assert.equal((await foldersOf(backend, name))?.length, 1);
      assert.equal((await index(backend, name, folder.at("one"))).changed, 2);
      await assert.rejects(backend.unindex(ground.fresh(), folder.at("one")), { code: "not-found", message: /no collection/ });
    });

    test("leaves no trace among the rows but its passages", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat", "b.txt": "dog", "c.txt": "" });
      await index(backend, name, folder.path);
      assert.equal(await backend.count(name, null), 2);
      assert.deepEqual((await allRows(backend, name)).flatMap((row) => Object.keys(row).filter((key) => !["id", "text", "metadata", "vector"].includes(key))), []);
      for (const mode of ["text", "vector", "hybrid"] as const) for (const { metadata } of await search(backend, name, "cat dog", { mode, k: 100 })) assert.equal((metadata as { kind: string }).kind, "text");
      assert.equal(await backend.delete(name, { ids: (await allRows(backend, name)).map(({ id }) => id) }), 2);
      assert.deepEqual((await foldersOf(backend, name))?.map(({ files }) => files), [3]);
    });

    test("keeps a passage that somebody has changed until its file changes", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat" });
      await index(backend, name, folder.path);
      const id = `${folder.at("a.txt")}:1`;
      await backend.update(name, id, { metadata: { mine: true } }, work());
      assert.equal((await index(backend, name, folder.path)).changed, 0);
      assert.deepEqual((await backend.get(name, id, false)).metadata, { mine: true });
      folder.write("a.txt", "\n\n\ndog");
      await index(backend, name, folder.path);
      assert.deepEqual((await allRows(backend, name)).map((row) => row.id), [`${folder.at("a.txt")}:4`], "it still is a passage of its file");
    });

    test("that is not there is refused, and not remembered", async (t) => {
      const backend = await ground.open(new ToyEmbedder());
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat" });
      await index(backend, name, folder.path);
      await assert.rejects(index(backend, name, `${folder.path}-not`), { code: "file-failed", message: /nothing by that name/ });
      await assert.rejects(backend.index(name, requestOf(folder.path), work(AbortSignal.abort())), { code: "cancelled" });
      assert.equal((await foldersOf(backend, name))?.length, 1);
    });
  });
}

export function requestOf(path: string, more: Partial<IndexRequest> = {}): IndexRequest {
  return { path, follow: false, include: [], exclude: [], ...more };
}

export function index(backend: Backend, collection: string, path: string, more: Partial<IndexRequest> = {}): Promise<Indexed> {
  return backend.index(collection, requestOf(path, more), work());
}

export async function textsOf(backend: Backend, collection: string): Promise<string[]> {
  return (await allRows(backend, collection)).map(({ text }) => text).sort();
}

export async function foldersOf(backend: Backend, collection: string): Promise<{ path: string; follow: boolean; files: number }[] | undefined> {
  return (await backend.collections()).find(({ name }) => name === collection)?.folders;
}

/** As old as can be, so that the times of the files prove something. */
function age(folder: Folder, ...names: (string | number)[]): void {
  const seconds = names.findLast((name) => typeof name === "number") ?? 1000;
  for (const name of names) if (typeof name === "string") utimesSync(folder.at(name), seconds, seconds);
}
