import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { engineArguments } from "../../../../servers/chat/engine/entry.ts";
import { Pace } from "../../../../servers/chat/engine/pace.ts";
import { Queue } from "../../../../servers/chat/engine/queue.ts";
import { remembered } from "../../../../servers/chat/engine/remembered.ts";
import { chooseSlot } from "../../../../servers/chat/engine/slots.ts";
import { candidates } from "../../../../servers/chat/engine/threads.ts";
import { temporaryFolder } from "../fixtures.ts";

describe("the queue", () => {
  const waiting = (name: string, told: string[]) => ({ name, onQueued: (place: number) => void told.push(`${name}${place}`) });

  test("serves in order and tells those behind that they moved up", () => {
    const told: string[] = [];
    const queue = new Queue<ReturnType<typeof waiting>>();
    for (const name of ["a", "b", "c"]) queue.push(waiting(name, told));
    assert.equal(queue.shift()!.name, "a");
    assert.deepEqual(told, ["a1", "b2", "c3", "b1", "c2"]);
  });

  test("tells only those behind one who leaves", () => {
    const told: string[] = [];
    const queue = new Queue<ReturnType<typeof waiting>>();
    const entries = ["a", "b", "c"].map((name) => waiting(name, told));
    for (const entry of entries) queue.push(entry);
    assert.equal(queue.remove(entries[1]!), true);
    assert.equal(queue.remove(entries[1]!), false);
    assert.deepEqual(told.slice(3), ["c2"]);
    assert.deepEqual(queue.clear().map(({ name }) => name), ["a", "c"]);
    assert.equal(queue.length, 0);
  });
});

describe("the slot for a conversation", () => {
  test("is the one that holds it already", () => {
    assert.equal(chooseSlot([{ held: 0, shared: 0 }, { held: 100, shared: 90 }, { held: 120, shared: 80 }]), 1);
  });
  test("is an empty one rather than one whose conversation only begins alike", () => {
    assert.equal(chooseSlot([{ held: 100, shared: 20 }, { held: 0, shared: 0 }]), 1);
  });
  test("is the longest unused when all hold something else", () => {
    assert.equal(chooseSlot([{ held: 100, shared: 20 }, { held: 300, shared: 20 }]), 0);
  });
});

describe("the pace of a prompt's evaluation", () => {
  test("comes near a tenth of a second a piece, from any start", () => {
    for (const [tokenMs, real] of [[null, 1], [0.3, 0.1], [50, 5], [200, 200]] as const) {
      const pace = new Pace(tokenMs, 512);
      for (let i = 0; i < 10; i++) pace.learn(pace.chunk, pace.chunk * real);
      const milliseconds = pace.chunk * real;
      assert.ok(pace.chunk === 512 || pace.chunk === 4 || (milliseconds > 80 && milliseconds <= 100), `${pace.chunk} tokens take ${milliseconds} ms`);
    }
  });
  test("shrinks at once when the machine becomes slow", () => {
    const pace = new Pace(0.1, 512);
    pace.learn(512, 2048);
    assert.equal(pace.chunk, 25);
  });
});

test("Thread counts to try double up to the cores, and the cores themselves are one", () => {
  assert.deepEqual([1, 2, 6, 8].map(candidates), [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
});

describe("measured thread counts", () => {
  test("are remembered for a week, for the model they are of", async () => {
    await using folder = await temporaryFolder();
    const cache = join(folder.path, "cache", "threads.json");
    const model = { path: await folder.write("a.gguf", "one"), size: 3 };
    let measured = 0;
    const measure = () => Promise.resolve({ threads: ++measured, milliseconds: 1 });
    const day = 24 * 3600 * 1000;
    assert.equal((await remembered(cache, model, measure, 0)).threads, 1);
    assert.equal((await remembered(cache, model, measure, 6 * day)).threads, 1);
    assert.equal((await remembered(cache, { ...model, path: await folder.write("b.gguf", "two") }, measure, 6 * day)).threads, 2);
    assert.equal((await remembered(cache, model, measure, 8 * day)).threads, 3);
    assert.equal(Object.keys(JSON.parse(await readFile(cache, "utf8")) as object).length, 2);
  });

  test("are measured when the cache cannot be read or written", async () => {
    await using folder = await temporaryFolder();
    const model = { path: await folder.write("a.gguf", "one"), size: 3 };
    const measure = () => Promise.resolve({ threads: 2, milliseconds: 1 });
    assert.equal((await remembered(await folder.write("bad.json", "{\"x\": 1, oops"), model, measure)).threads, 2);
    assert.equal((await remembered(folder.path, model, measure)).threads, 2);
    assert.equal((await remembered(null, model, measure)).threads, 2);
  });
});

test("The engine's program is found beside its sources, and from any bundle or chunk of dist/", async () => {
  assert.match(engineArguments().join(" "), /^--import file:.*tsx.* \/.*servers\/chat\/engine\/main\.ts$/);
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "dist/servers/chat/engine"), { recursive: true });
  await folder.write("dist/servers/chat/engine/main.js", "");
  for (const from of ["dist/chunks/child-ABC.js", "dist/servers/chat/main.js", "dist/servers/chat/engine/main.js"]) {
    assert.deepEqual(engineArguments(pathToFileURL(join(folder.path, from)).href), [join(folder.path, "dist/servers/chat/engine/main.js")]);
  }
});
