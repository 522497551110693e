import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type FSWatcher, appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { ToolError } from "../../../../pipes/protocol/errors.ts";
import { type ChangeSet, follow, type FollowOptions } from "../../../../servers/vector/files/follow.ts";
import { folderOf } from "./folder.ts";

interface Following {
  readonly sets: ChangeSet[];
  readonly problems: ToolError[];
  /** Makes a change, and resolves with the next set. */
  readonly after: (change: () => void) => Promise<ChangeSet>;
  /** Resolves with the next problem after a change. */
  readonly problemAfter: (change: () => void) => Promise<ToolError>;
  readonly close: () => Promise<void>;
}

/** Follows, and resolves when the first set has come, or the first problem. */
async function following(t: TestContext, root: string, options: Partial<FollowOptions> = {}): Promise<Following> {
  const events = new EventEmitter();
  const sets: ChangeSet[] = [];
  const problems: ToolError[] = [];
  const next = async <T>(event: string, change: () => void): Promise<T> => {
    const noticed = once(events, event, { signal: AbortSignal.timeout(20_000) });
    change();
    return ((await noticed) as [T])[0];
  };
  const first = Promise.race([next("set", () => undefined), next("problem", () => undefined)]);
  const followed = await follow(root, {
    quietMs: 50,
    ...options,
    onChanges: (changes) => {
      sets.push(changes);
      events.emit("set", changes);
      return options.onChanges?.(changes);
    },
    onProblem: (problem) => {
      problems.push(problem);
      events.emit("problem", problem);
    },
  });
  t.after(() => followed.close());
  await first;
  return { sets, problems, after: (change) => next("set", change), problemAfter: (change) => next("problem", change), close: followed.close };
}

test("The first set is everything; then each file made, edited, renamed or deleted is named", async (t) => {
  const folder = folderOf(t, { "a.txt": "", "sub/b.txt": "" });
  const { sets, after, problems } = await following(t, folder.path);
  assert.deepEqual(sets, ["all"]);
  assert.deepEqual(await after(() => appendFileSync(folder.at("sub/b.txt"), "x")), ["sub/b.txt"]);
  assert.deepEqual(await after(() => folder.write("c.txt")), ["c.txt"]);
  assert.deepEqual(sorted(await after(() => renameSync(folder.at("c.txt"), folder.at("sub/d.txt")))), ["c.txt", "sub/d.txt"]);
  assert.deepEqual(await after(() => rmSync(folder.at("a.txt"))), ["a.txt"]);
  assert.deepEqual(problems, []);
});

test("A burst is one set, and one that does not end is told all the same", async (t) => {
  const folder = folderOf(t, { "a.txt": "" });
  const { sets, after } = await following(t, folder.path, { quietMs: 200, mostMs: 600 });
  const names = Array.from({ length: 40 }, (_, index) => `${index}.txt`);
  assert.deepEqual(sorted(await after(() => names.forEach((name) => folder.write(name)))), names.toSorted());
  assert.equal(sets.length, 2);
  const started = performance.now();
  let writer: NodeJS.Timeout | undefined;
  await after(() => (writer = setInterval(() => appendFileSync(folder.at("a.txt"), "x"), 20)));
  clearInterval(writer);
  assert.ok(performance.now() - started >= 590);
});

test("What the rules leave out is not told", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*.log\nout/\n", "out/x.md": "", "a.md": "" });
  const { after, sets } = await following(t, folder.path, { include: ["*.md"] });
  const told = await after(() => {
    for (const name of ["b.log", ".hidden", "out/y.md", ".git-x/z.md", "a.ts"]) folder.write(name);
    symlinkSync("a.md", folder.at("b.log.md.log"));
    folder.write("sub/b.md");
  });
  assert.deepEqual([told, sets.length], [["sub"], 2]);
  assert.deepEqual(await after(() => { folder.write("sub/a.ts"); folder.write("sub/c.md"); }), ["sub/c.md"]);
});

test("In a folder that is new, moved, or deleted and made again, what follows is noticed", async (t) => {
  const folder = folderOf(t, {});
  const { after } = await following(t, folder.path);
  assert.deepEqual(await after(() => folder.write("new/deep/a.txt")), ["new"]);
  assert.deepEqual(await after(() => appendFileSync(folder.at("new/deep/a.txt"), "x")), ["new/deep/a.txt"]);
  assert.deepEqual(sorted(await after(() => renameSync(folder.at("new"), folder.at("moved")))), ["moved", "new"]);
  assert.deepEqual(await after(() => appendFileSync(folder.at("moved/deep/a.txt"), "x")), ["moved/deep/a.txt"]);
  for (let round = 0; round < 3; round += 1) {
    await after(() => {
      rmSync(folder.at("moved"), { recursive: true });
      folder.write("moved/deep/b.txt");
    });
    assert.deepEqual(await after(() => appendFileSync(folder.at("moved/deep/b.txt"), "x")), ["moved/deep/b.txt"], `round ${round}`);
  }
});

test("Changed patterns mean that anything may have changed, and count from then on", async (t) => {
  const folder = folderOf(t, { "repo/.git/HEAD": "", "repo/root/out/a.txt": "", "repo/root/b.txt": "" });
  const { after } = await following(t, folder.at("repo/root"));
  assert.equal(await after(() => folder.write("repo/root/.gitignore", "out/")), "all");
  assert.deepEqual(await after(() => { folder.write("repo/root/out/a.txt", "x"); folder.write("repo/root/b.txt", "x"); }), ["b.txt"]);
  assert.equal(await after(() => rmSync(folder.at("repo/root/.gitignore"))), "all");
  assert.deepEqual(await after(() => appendFileSync(folder.at("repo/root/out/a.txt"), "x")), ["out/a.txt"]);
  assert.equal(await after(() => folder.write("repo/.gitignore", "*.txt")), "all");
  assert.deepEqual(await after(() => { folder.write("repo/root/b.txt", "y"); folder.write("repo/root/c.md"); }), ["c.md"]);
});

test("A root that is removed is a problem, said once; when it is back, also with the folder around it, it is followed again", async (t) => {
  const folder = folderOf(t, { "outer/root/a.txt": "" });
  const { after, problemAfter, problems } = await following(t, folder.at("outer/root"));
  const problem = await problemAfter(() => rmSync(folder.at("outer"), { recursive: true }));
  assert.equal(problem.code, "file-failed");
  assert.match(problem.message, /outer\/root: it was removed or renamed\. It is followed again/);
  assert.equal(await after(() => { mkdirSync(folder.at("outer")); folder.write("outer/root/b.txt"); }), "all");
  assert.deepEqual(await after(() => folder.write("outer/root/sub/c.txt")), ["sub"]);
  assert.equal(await after(() => { renameSync(folder.at("outer"), folder.at("old")); folder.write("outer/root/d.txt"); }), "all");
  assert.deepEqual(await after(() => appendFileSync(folder.at("outer/root/d.txt"), "x")), ["d.txt"]);
  assert.equal(problems.length, 1);
});

test("A root that is not there yet is a problem, and followed when it comes", async (t) => {
  const folder = folderOf(t, {});
  const { after, problems, sets } = await following(t, folder.at("a/root"));
  assert.match(problems[0]?.message ?? "", /expected a folder or a file, there is nothing by that name/);
  assert.deepEqual(sets, []);
  assert.equal(await after(() => folder.write("a/root/b.txt")), "all");
  assert.deepEqual(await after(() => appendFileSync(folder.at("a/root/b.txt"), "x")), ["b.txt"]);
});

test("A root may be a file, edited, replaced, deleted and made again, or named by a link", async (t) => {
  const folder = folderOf(t, { "real/a.txt": "", "real/b.txt": "" });
  symlinkSync(folder.at("real/a.txt"), folder.at("link"));
  for (const root of ["real/a.txt", "link"]) {
    const { after, problemAfter, close } = await following(t, folder.at(root));
    assert.equal(await after(() => appendFileSync(folder.at("real/a.txt"), "x")), "all");
    assert.equal(await after(() => { folder.write("real/a.new"); renameSync(folder.at("real/a.new"), folder.at("real/a.txt")); }), "all");
    assert.equal(await after(() => appendFileSync(folder.at("real/a.txt"), "x")), "all");
    await problemAfter(() => rmSync(folder.at("real/a.txt")));
    assert.equal(await after(() => folder.write("real/a.txt")), "all");
    await close();
  }
});

test("When the system has no watch left it says so and what to do, tries again, and is whole when there are some", async (t) => {
  const folder = folderOf(t, { "a/x.txt": "", "b/y.txt": "" });
  let isFull = true;
  const watchFolder = (path: string, listener: (event: string, name: string | null) => void): FSWatcher => {
    if (isFull && path !== folder.path) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "watch" });
    return watch(path, listener);
  };
  const { after, problems, sets } = await following(t, folder.path, { watchFolder, retryMs: 100 });
  await after(() => undefined);
  await after(() => undefined);
  assert.equal(problems.length, 1, "said once");
  assert.match(problems[0]?.message ?? "", /2 folders in it cannot be watched: the system's limit of watched folders is reached \(ENOSPC\)\. Raise fs\.inotify\.max_user_watches/);
  assert.equal(await after(() => (isFull = false)), "all");
  assert.ok(sets.every((set) => set === "all"));
  const told: string[] = [];
  while (!told.includes("a/x.txt")) {
    const set = await after(() => appendFileSync(folder.at("a/x.txt"), "x"));
    if (set !== "all") told.push(...set);
  }
});

test("While a set is being taken in, what changes is gathered; a set that fails comes again as everything", async (t) => {
  const folder = folderOf(t, { "a.txt": "" });
  const gate = new EventEmitter();
  let calls = 0;
  const onChanges = async (): Promise<void> => {
    calls += 1;
    if (calls === 2) await once(gate, "open");
    if (calls === 3) throw new Error("the store is full");
  };
  const { after, sets, problems } = await following(t, folder.path, { onChanges, quietMs: 20, retryMs: 50 });
  await after(() => folder.write("b.txt"));
  const other = await following(t, folder.path, { quietMs: 60 });
  await other.after(() => ["c.txt", "d.txt", "e.txt"].forEach((name) => folder.write(name)));
  assert.equal(sets.length, 2);
  assert.deepEqual(sorted(await after(() => gate.emit("open"))), ["c.txt", "d.txt", "e.txt"]);
  assert.equal(await after(() => undefined), "all");
  assert.match(problems[0]?.message ?? "", /the store is full/);
});

test("More events at once than the system may have kept mean that anything may have changed", async (t) => {
  const folder = folderOf(t, {});
  const { after } = await following(t, folder.path);
  const set = await after(() => {
    for (let index = 0; index < 5000; index += 1) writeFileSync(folder.at(`${index}.txt`), "x");
  });
  assert.equal(set, "all");
});

test("Once closed it calls nothing and holds nothing, also when it is closed at once", async (t) => {
  const folder = folderOf(t, { "a/b/c.txt": "" });
  const handles = async (): Promise<number> => {
    await turn();
    await turn();
    return process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
  };
  const before = await handles();
  const { sets, close } = await following(t, folder.path);
  assert.ok((await handles()) > before);
  folder.write("a/d.txt");
  await close();
  assert.equal(await handles(), before);
  const other = await follow(folder.path, { onChanges: () => void sets.push("all"), onProblem: assert.ifError });
  await other.close();
  await turn();
  assert.deepEqual(sets, ["all"]);
  assert.equal(await handles(), before);
});

function sorted(set: ChangeSet): string[] {
  return set === "all" ? assert.fail("everything was told") : set.toSorted();
}
