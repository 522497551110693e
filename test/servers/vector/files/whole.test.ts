import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { findChanges, type KnownFile } from "../../../../servers/vector/files/changes.ts";
import { type ChangeSet, follow } from "../../../../servers/vector/files/follow.ts";
import { folderOf } from "./folder.ts";

const NAMES = ["a", "b", "c", "d.txt", "e.md", "f.log", ".g"];
const ROUNDS = 12;
const STEPS = 60;

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("Whatever is done to a folder, a store that only takes in what it is told has at the end what is there", async (t) => {
  const folder = folderOf(t, { ".gitignore": "*.log\n" });
  const random = numbers(7);
  const known = new Map<string, KnownFile>();
  const texts = new Map<string, string>();
  const events = new EventEmitter();
  let marked = -1;
  const takeIn = async (set: ChangeSet): Promise<void> => {
    const begunAt = marked;
    for await (const change of findChanges(folder.path, known, set === "all" ? {} : { only: set })) {
      if (change.kind === "changed" || change.kind === "touched") known.set(change.path, change.file);
      if (change.kind === "changed") texts.set(change.path, change.text);
      if (change.kind === "gone") for (const of of [known, texts]) of.delete(change.path);
    }
    if (set === "all" || set.includes(`mark-${begunAt}.txt`)) events.emit("taken-in", begunAt);
  };
  const followed = await follow(folder.path, { onChanges: takeIn, onProblem: (problem) => assert.fail(problem), quietMs: 15, mostMs: 60 });
  t.after(() => followed.close());

  for (let round = 0; round < ROUNDS; round += 1) {
    for (let step = 0; step < STEPS; step += 1) {
      doSomething(folder.path, random);
      if (random(4) === 0) await turn();
    }
    // Written last, so a set that names it is the last one; and everything that is begun from now on is the last one, too.
    folder.write(`mark-${round}.txt`);
    marked = round;
    for (let begunAt = -1; begunAt !== round; ) [begunAt] = (await once(events, "taken-in", { signal: AbortSignal.timeout(10_000) })) as [number];
    const real = new Map<string, string>();
    for await (const change of findChanges(folder.path, new Map())) if (change.kind === "changed") real.set(change.path, change.text);
    assert.deepEqual(texts, real, `round ${round}`);
  }
});

function doSomething(root: string, random: (below: number) => number): void {
  const place = (): string => `${root}/${Array.from({ length: 1 + random(3) }, () => NAMES[random(NAMES.length)] ?? "").join("/")}`;
  const [one, other] = [place(), place()];
  try {
    const what = random(12);
    if (what < 3) mkdirSync(one, { recursive: true });
    else if (what < 7) writeFileSync(one, String(random(1000)));
    else if (what < 8) appendFileSync(one, String(random(10)));
    else if (what < 10) renameSync(one, other);
    else if (what < 11) rmSync(one, { recursive: true, force: true });
    else if (statSync(root).isDirectory()) writeFileSync(`${one}/.gitignore`, `${NAMES[random(NAMES.length)] ?? ""}\n`);
  } catch (error) {
    assert.ok((error as NodeJS.ErrnoException).code !== undefined, String(error)); // there is nothing there, or a folder where a file would be
  }
}
