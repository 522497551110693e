import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { engineArguments } from "../../../engines/process/entry.ts";
import { Queue } from "../../../engines/process/queue.ts";
import { temporaryFolder } from "../../temporary.ts";

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

  test("lets the urgent go before those that are not, in their own order, and tells those who moved back", () => {
    const told: string[] = [];
    const queue = new Queue<ReturnType<typeof waiting> & { urgent?: boolean }>();
    for (const name of ["a", "b"]) queue.push(waiting(name, told));
    for (const name of ["u", "v"]) queue.push({ ...waiting(name, told), urgent: true });
    assert.deepEqual(told.slice(2), ["u1", "a2", "b3", "v2", "a3", "b4"]);
    assert.deepEqual(queue.clear().map(({ name }) => name), ["u", "v", "a", "b"]);
  });
});

test("An engine's program is found beside its sources, and from any bundle or chunk of dist/", async () => {
  const program = "servers/chat/engine/main";
  assert.match(engineArguments(program).join(" "), /^--import file:.*tsx.* \/.*servers\/chat\/engine\/main\.ts$/);
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "dist/servers/chat/engine"), { recursive: true });
  await folder.write("dist/servers/chat/engine/main.js", "");
  for (const from of ["dist/chunks/child-ABC.js", "dist/servers/chat/main.js", "dist/servers/chat/engine/main.js"]) {
    assert.deepEqual(engineArguments(program, pathToFileURL(join(folder.path, from)).href), [join(folder.path, "dist/servers/chat/engine/main.js")]);
  }
});
