import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { test } from "node:test";
import { type Change, type ChangeOptions, findChanges, type KnownFile } from "../../../../servers/vector/files/changes.ts";
import { type Folder, folderOf } from "./folder.ts";

type Known = Map<string, KnownFile>;

/** What has changed, as a store would see it; `known` is brought up to date. */
async function changes(root: string, known: Known, options?: ChangeOptions): Promise<Change[]> {
  const found: Change[] = [];
  for await (const change of findChanges(root, known, options)) {
    found.push(change);
    if (change.kind === "changed" || change.kind === "touched") known.set(change.path, change.file);
    if (change.kind === "gone") known.delete(change.path);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const inWords = (found: readonly Change[]): string[] => found.map(({ kind, path }) => `${path}: ${kind}`);

/** Long ago, so that the times of the files prove something. */
function age(folder: Folder, ...names: string[]): void {
  for (const name of names) utimesSync(folder.at(name), 1_000_000, 1_000_000);
}

test("The first time everything has changed, with text, size, time and hash", async (t) => {
  const folder = folderOf(t, { "a.txt": "\uFEFFeins zwei", "sub/b.txt": "" });
  const before = Date.now();
  const [first, second] = await changes(folder.path, new Map());
  const { size, mtimeMs } = statSync(folder.at("a.txt"));
  assert.ok(first?.kind === "changed" && first.file.seenMs >= before && first.file.seenMs <= Date.now());
  const hash = createHash("sha256").update("\uFEFFeins zwei").digest("hex");
  assert.deepEqual(first, { kind: "changed", path: "a.txt", text: "eins zwei", file: { size, mtimeMs, hash, seenMs: first.file.seenMs } });
  assert.equal(second?.kind === "changed" && second.text, "");
});

test("A file with the same size and a time well before it was seen is not even read", async (t) => {
  const folder = folderOf(t, { "a.txt": "one" });
  age(folder, "a.txt");
  const known: Known = new Map();
  await changes(folder.path, known);
  folder.write("a.txt", "two");
  age(folder, "a.txt");
  assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: unchanged"]);
});

test("A time that was fresh when the file was seen proves nothing", async (t) => {
  const folder = folderOf(t, { "a.txt": "one" });
  const known: Known = new Map();
  await changes(folder.path, known);
  const { atime, mtime } = statSync(folder.at("a.txt"));
  folder.write("a.txt", "two");
  utimesSync(folder.at("a.txt"), atime, mtime);
  assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: changed"]);
  assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: touched"]);
});

test("A file whose time alone is new was touched, and is not read the next time", async (t) => {
  const folder = folderOf(t, { "a.txt": "one" });
  const known: Known = new Map();
  await changes(folder.path, known);
  age(folder, "a.txt");
  assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: touched"]);
  assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: unchanged"]);
});

test("Gone is what is not there any more, and what is there and left out now", async (t) => {
  const folder = folderOf(t, Object.fromEntries(["removed", "sub/ignored", "large", "binary", "latin1", "moved", "kept"].map((name) => [name, name])));
  const known: Known = new Map();
  await changes(folder.path, known);
  age(folder, "kept");
  await changes(folder.path, known);
  rmSync(folder.at("removed"));
  renameSync(folder.at("moved"), folder.at("moved-on"));
  folder.write("sub/.gitignore", "ignored");
  folder.write("large", "x".repeat(101));
  folder.write("binary", "a\0b");
  folder.write("latin1", Buffer.from([0x66, 0xfc, 0x72]));
  assert.deepEqual(inWords(await changes(folder.path, known, { maxBytes: 100 })).sort(), [
    "binary: gone", "binary: skipped", "kept: unchanged", "large: gone", "large: skipped", "latin1: gone", "latin1: skipped",
    "moved-on: changed", "moved: gone", "removed: gone", "sub/.gitignore: skipped", "sub/ignored: gone", "sub/ignored: skipped",
  ]);
  const reasons = (await changes(folder.path, known, { maxBytes: 100 })).flatMap((change) => (change.kind === "skipped" ? [`${change.path}: ${change.reason}`] : []));
  assert.deepEqual(reasons, ["binary: binary", "large: too-large", "latin1: not-utf8", "sub/.gitignore: hidden", "sub/ignored: ignored"]);
});

test("What cannot be read just now is not gone, nor is what is below it", async (t) => {
  const folder = folderOf(t, { "a.txt": "a", "locked/b.txt": "b", "locked/c/d.txt": "d" });
  const known: Known = new Map();
  await changes(folder.path, known);
  chmodSync(folder.path, 0o755);
  for (const name of ["a.txt", "locked"]) chmodSync(folder.at(name), 0);
  folder.write("new.txt");
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.deepEqual(inWords(await changes(folder.path, known)), ["a.txt: skipped", "locked: skipped", "new.txt: changed"]);
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const name of ["a.txt", "locked"]) chmodSync(folder.at(name), 0o700);
  }
  assert.deepEqual([...known.keys()].sort(), ["a.txt", "locked/b.txt", "locked/c/d.txt", "new.txt"]);
});

test("Of some places only, what was known elsewhere is not gone", async (t) => {
  const folder = folderOf(t, { "a/b.txt": "", "a/c/d.txt": "", "ab.txt": "", "e.txt": "" });
  const known: Known = new Map();
  await changes(folder.path, known);
  rmSync(folder.at("a"), { recursive: true });
  rmSync(folder.at("ab.txt"));
  rmSync(folder.at("e.txt"));
  assert.deepEqual(inWords(await changes(folder.path, known, { only: ["a/", "e.txt", "e.txt/x"] })), ["a/b.txt: gone", "a/c/d.txt: gone", "e.txt: gone"]);
  assert.deepEqual(inWords(await changes(folder.path, known, { only: [""] })), ["ab.txt: gone"]);
});

test("A file is read when the consumer asks for it, not before", async (t) => {
  const folder = folderOf(t, { "a.txt": "old", "b.txt": "old" });
  const texts: string[] = [];
  for await (const change of findChanges(folder.path, new Map())) {
    if (change.kind === "changed") texts.push(change.text);
    for (const name of ["a.txt", "b.txt"]) folder.write(name, "new");
  }
  assert.deepEqual(texts, ["old", "new"]);
});

test("A root that goes while it is walked is an error, and no news about its files", async (t) => {
  const folder = folderOf(t, { "root/a.txt": "", "root/b.txt": "" });
  const known: Known = new Map();
  await changes(folder.at("root"), known);
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { kind } of findChanges(folder.at("root"), known)) {
      seen.push(kind);
      rmSync(folder.at("root"), { recursive: true, force: true });
    }
  }, { code: "file-failed" });
  assert.ok(!seen.includes("gone"));
});

test("Aborted, it ends before anything is called gone", async (t) => {
  const folder = folderOf(t, { "a.txt": "", "b.txt": "" });
  const abort = new AbortController();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { kind } of findChanges(folder.path, new Map([["c.txt", { size: 0, mtimeMs: 0, hash: "", seenMs: 0 }]]), { signal: abort.signal })) {
      seen.push(kind);
      abort.abort();
    }
  }, { code: "cancelled" });
  assert.deepEqual(seen, ["changed"]);
});

test("A file that grows while it is read is read again", async (t) => {
  const folder = folderOf(t, { "a.txt": "one\n" });
  const walking = findChanges(folder.path, new Map());
  const pending = walking.next();
  appendFileSync(folder.at("a.txt"), "two\n");
  const { value } = await pending;
  assert.ok(value?.kind === "changed");
  assert.equal(value.file.size, value.text.length);
  await walking.return();
});

// Its size is 0 and it has content, so it is another one at each look.
if (process.platform === "linux") {
  test("A file that is another one each time it is read is left for the next time, and not gone", async () => {
    const known: Known = new Map([["version", { size: 7, mtimeMs: 1, hash: "", seenMs: 1 }]]);
    assert.deepEqual(inWords(await changes("/proc/version", known)), ["version: deferred"]);
    assert.equal(known.size, 1);
  });
}
