import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { walk, type WalkOptions } from "../../../../servers/vector/files/walk.ts";
import { folderOf } from "./folder.ts";

/** The user who may nothing; under root nothing is unreadable. */
const NOBODY = 65_534;

/** Files by path, and what was skipped as `path: reason`. */
async function walked(root: string, options?: WalkOptions): Promise<{ files: string[]; skipped: string[] }> {
  const files: string[] = [];
  const skipped: string[] = [];
  for await (const found of walk(root, options)) {
    if (found.kind === "file") files.push(found.path);
    if (found.kind === "skipped") skipped.push(`${found.path}: ${found.reason}`);
  }
  return { files: files.sort(), skipped: skipped.sort() };
}

test("Every file is found, with its size and time; hidden ones and those of version control are named as skipped", async (t) => {
  const folder = folderOf(t, { "a.md": "12345", "b/c/d.ts": "", ".env": "", ".git/config": "", "b/.hg/x": "", ".github/x.yml": "" });
  assert.deepEqual(await walked(folder.path), { files: ["a.md", "b/c/d.ts"], skipped: [".env: hidden", ".git: version-control", ".github: hidden", "b/.hg: version-control"] });
  for await (const found of walk(folder.path, { only: ["a.md"] })) {
    assert.ok(found.kind === "file" && found.size === 5 && Math.abs(found.mtimeMs - Date.now()) < 60_000);
  }
});

test("Files of patterns count from where they are: the inner one has its way, and .ignore before .gitignore", async (t) => {
  const folder = folderOf(t, {
    ".gitignore": "*.log\nnode_modules/\n/top.txt\n!keep.log\n",
    "a.log": "", "keep.log": "", "top.txt": "", "node_modules/x/index.js": "",
    "sub/top.txt": "", "sub/.gitignore": "!b.log\nkeep.log\n", "sub/b.log": "", "sub/c.log": "", "sub/keep.log": "",
    "other/.ignore": "!*.log\nx.txt\n", "other/d.log": "", "other/x.txt": "", "other/deep/.gitignore": "d.log\n", "other/deep/d.log": "",
  });
  const { files, skipped } = await walked(folder.path);
  assert.deepEqual(files, ["keep.log", "other/d.log", "other/deep/d.log", "sub/b.log", "sub/top.txt"]);
  assert.deepEqual(skipped.filter((line) => line.endsWith(": ignored")), ["a.log: ignored", "node_modules: ignored", "other/x.txt: ignored", "sub/c.log: ignored", "sub/keep.log: ignored", "top.txt: ignored"]);
});

test("Upper and lower case differ as they do in git on the system", async (t) => {
  const folder = folderOf(t, { ".gitignore": "Build\n", "build/a": "" });
  assert.deepEqual((await walked(folder.path)).files, process.platform === "darwin" ? [] : ["build/a"]);
});

test("What is above the root counts up to the repository's top and no further, .git/info/exclude too", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*.ts\n", "repo/.git/info/exclude": "*.tmp\n", "repo/.gitignore": "/docs/*.log\n*.js\n", "repo/docs/.ignore": "", "repo/docs/a.log": "", "repo/docs/a.js": "", "repo/docs/a.tmp": "", "repo/docs/a.ts": "", "repo/docs/sub/a.log": "" });
  assert.deepEqual((await walked(folder.at("repo/docs"))).files, ["a.ts", "sub/a.log"]);
});

test("A worktree's exclude file is that of its repository", async (t) => {
  const folder = folderOf(t, { "main/.git/info/exclude": "*.tmp\n", "main/.git/worktrees/w/commondir": "../..\n", "w/a.tmp": "", "w/b": "" });
  folder.write("w/.git", `gitdir: ${folder.at("main/.git/worktrees/w")}\n`);
  assert.deepEqual((await walked(folder.path)).files, ["w/b"]);
});

test("A root counts even where it is ignored, and what else is ignored in it still is", async (t) => {
  const folder = folderOf(t, { ".git/HEAD": "", ".gitignore": "build/\n*.log\n", "build/a.txt": "", "build/b.log": "", "build/sub/c.txt": "" });
  assert.deepEqual((await walked(folder.at("build"))).files, ["a.txt", "sub/c.txt"]);
});

test("A folder that an inner file brings back counts with all that is in it", async (t) => {
  const folder = folderOf(t, { ".gitignore": "build/\n*.log\n", "a/.ignore": "!build/\n", "a/build/deep/x.txt": "", "a/build/x.log": "", "build/y.txt": "" });
  assert.deepEqual((await walked(folder.path)).files, ["a/build/deep/x.txt"]);
});

test("A pattern of a name that an inner file overrules for a folder still counts for the files in it", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*.d\n", "a/.gitignore": "!*/\n", "a/x [1].d/b.d": "", "a/x [1].d/c/e.d": "", "a/x [1].d/c.txt": "" });
  assert.deepEqual((await walked(folder.path)).files, ["a/x [1].d/c.txt"]);
});

test("`include` leaves only what matches; `exclude` goes before everything, and brings back what it negates", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*.log\n", "a.md": "", "b.ts": "", "src/c.ts": "", "src/d.md": "", "docs/e.txt": "", "f.log": "", ".github/g.md": "" });
  assert.deepEqual((await walked(folder.path, { include: ["*.md", "/docs/"] })).files, ["a.md", "docs/e.txt", "src/d.md"]);
  const { files, skipped } = await walked(folder.path, { exclude: ["src/", "!f.log", "!.github"] });
  assert.deepEqual(files, [".github/g.md", "a.md", "b.ts", "docs/e.txt", "f.log"]);
  assert.ok(skipped.includes("src: excluded"));
});

test("Links, pipes and large files are skipped, each with its reason", async (t) => {
  const folder = folderOf(t, { "a.txt": "", "sub/b.txt": "", "large.txt": "x".repeat(101) });
  symlinkSync("a.txt", folder.at("link.txt"));
  symlinkSync(".", folder.at("loop"));
  execFileSync("mkfifo", [folder.at("pipe"), folder.at(".gitignore")]);
  const { files, skipped } = await walked(folder.path, { maxBytes: 100 });
  assert.deepEqual(files, ["a.txt", "sub/b.txt"]);
  assert.deepEqual(skipped, [".gitignore: hidden", "large.txt: too-large", "link.txt: symlink", "loop: symlink", "pipe: not-a-file"]);
  assert.deepEqual((await walked(folder.path, { only: ["loop/sub/b.txt", "link.txt"] })).files, []);
});

test("Some places only: judged all the way down, each once, none outside of the root", async (t) => {
  const folder = folderOf(t, { ".gitignore": "out/\n", "a/b/c.txt": "", "a/d.txt": "", "out/x/y.txt": "", "e.txt": "", "a/.h/z.txt": "" });
  const { files, skipped } = await walked(folder.path, { only: ["a/b", "a/b/c.txt", "out/x/y.txt", "out/x", "nothing/there", "e.txt/below", "e.txt", "a/.h/z.txt"] });
  assert.deepEqual(files, ["a/b/c.txt", "e.txt"]);
  assert.deepEqual(skipped, ["a/.h: hidden", "out: ignored"]);
  assert.deepEqual((await walked(folder.path, { only: ["../../a/d.txt"] })).files, ["a/d.txt"]);
  assert.deepEqual((await walked(folder.path, { only: [] })).files, []);
  assert.deepEqual((await walked(folder.path, { only: ["", "a"] })).files, ["a/b/c.txt", "a/d.txt", "e.txt"]);
});

test("A root may be one file, whatever rules there are, and may be named by a link", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*\n", ".a.txt": "x" });
  symlinkSync(".a.txt", folder.at("link"));
  assert.deepEqual((await walked(folder.at(".a.txt"))).files, [".a.txt"]);
  assert.deepEqual((await walked(folder.at("link"))).files, [".a.txt"]);
});

test("A root that is not there, or is neither a folder nor a file, is refused with what was expected", async (t) => {
  const folder = folderOf(t, { "a.txt": "" });
  execFileSync("mkfifo", [folder.at("pipe")]);
  for (const [name, message] of [["none", /expected a folder or a file, there is nothing by that name/], ["a.txt/b", /nothing by that name/], ["pipe", /expected a folder or a file, got neither/]] as const) {
    await assert.rejects(walked(folder.at(name)), (error) => error instanceof ToolError && error.code === "file-failed" && message.test(error.message));
  }
});

test("A folder without the right to read it is reported, and the rest is walked", async (t) => {
  const folder = folderOf(t, { "a.txt": "", "locked/b.txt": "", "open/.gitignore": "*", "open/c.txt": "" });
  chmodSync(folder.path, 0o755);
  chmodSync(folder.at("locked"), 0);
  chmodSync(folder.at("open/.gitignore"), 0);
  if (process.getuid?.() === 0) process.seteuid?.(NOBODY);
  try {
    assert.deepEqual(await walked(folder.path), { files: ["a.txt", "open/c.txt"], skipped: ["locked: unreadable", "open/.gitignore: hidden", "open/.gitignore: unreadable"] });
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    chmodSync(folder.at("locked"), 0o700);
  }
});

test("A name that is not UTF-8 is reported, where the system has such names", async (t) => {
  const folder = folderOf(t, { "a.txt": "" });
  const names = process.platform === "linux" ? ["file", "folder"] : [];
  const raw = (name: string): Buffer => Buffer.concat([Buffer.from(folder.at(name)), Buffer.from([0xff])]);
  for (const name of names) if (name === "file") writeFileSync(raw(name), ""); else mkdirSync(raw(name));
  assert.deepEqual(await walked(folder.path), { files: ["a.txt"], skipped: names.map((name) => `${name}\uFFFD: unreadable`) });
  for (const name of names) rmSync(raw(name), { recursive: true });
});

test("Aborted, it ends with what the signal says", async (t) => {
  const folder = folderOf(t, { "a/1": "", "b/2": "", "c/3": "" });
  const abort = new AbortController();
  const walking = walk(folder.path, { signal: abort.signal });
  await walking.next();
  abort.abort();
  await assert.rejects(async () => { for await (const _ of walking); }, { code: "cancelled" });
  const reason = new ToolError("stopping", { tool: "vector" });
  await assert.rejects(walked(folder.path, { signal: AbortSignal.abort(reason) }), reason);
});

test("The event loop goes round while a large folder is walked, and no folder stays open when the consumer leaves", async (t) => {
  const folder = folderOf(t, Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index % 7}/${index}.txt`, ""])));
  let turns = 0;
  let timer = setImmediate(function turn() { turns += 1; timer = setImmediate(turn); });
  assert.equal((await walked(folder.path)).files.length, 3000);
  clearImmediate(timer);
  assert.ok(turns > 40, `${turns} turns`);
  for await (const found of walk(folder.path)) if (found.kind === "file") break;
  assert.deepEqual(process.getActiveResourcesInfo().filter((name) => name === "DirHandle"), []);
});
