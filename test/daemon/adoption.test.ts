import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { groupEmpty, whenGroupEmpty } from "../../daemon/worker/group.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { callsWithoutEnd } from "./calls.ts";
import { configure, logsOf, QUICK, registryOf, startDaemon, type Supervised, workersOf } from "./daemon.ts";

const tool = (name: string): string => join(root, "test/fixtures/tools", name);
const ECHO = `${QUICK}tools:\n  echo: {server: echo}\n`;

describe("a worker whose daemon is killed", () => {
  it("goes on serving clients of either kind without one failure, over two crashes in a row", async (t) => {
    const world = makeWorld();
    let daemon = await startDaemon(world, ECHO);
    const { pid } = await daemon.ready("echo");
    const { interfaces } = await daemon.until("echo", (entry) => entry.interfaces.length > 0);
    await daemon.settled();
    const load = await callsWithoutEnd(world, "echo");
    for (let crash = 1; crash <= 2; crash++) {
      await daemon.crash();
      await load.more(200);
      const began = performance.now();
      daemon = await startDaemon(world, null);
      const entry = await daemon.ready("echo");
      t.diagnostic(`from the start of the next daemon to its being connected: ${(performance.now() - began).toFixed(0)} ms`);
      assert.deepEqual([entry.pid, entry.restarts, entry.deaths, entry.interfaces], [pid, 0, [], interfaces]);
      await load.more(200);
    }
    await load.end();
    assert.deepEqual(workersOf(world), [pid]);
    await daemon.stop();
    await world.close();
  });

  it("loses no line of its log", async () => {
    const world = makeWorld();
    const code = 'let n = 0; setInterval(() => console.log(JSON.stringify({ n: n++ })), 2)';
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n  counting: {command: [${process.execPath}, -e, '${code}'], timeouts: {start: 1h}}\n`);
    await daemon.ready("echo");
    const { pid } = await daemon.until("counting", (entry) => entry.pid !== null);
    await daemon.crash();
    const next = await startDaemon(world, null);
    await next.until("counting", (entry) => entry.pid === pid);
    await next.call("stop", { tool: "counting" });
    const numbers = readFileSync(join(logsOf(world), "counting.log"), "utf8").trim().split("\n").map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(numbers, numbers.map((_, at) => at));
    await next.stop();
    await world.close();
  });

  it("is watched by the next daemon: its end is noticed at once, and said to be unknown", async () => {
    const world = makeWorld();
    await (await ready(world, ECHO, "echo")).crash();
    const daemon = await startDaemon(world, null);
    const { pid } = await daemon.ready("echo");
    process.kill(pid, "SIGKILL");
    const next = await daemon.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.deepEqual(next.deaths.map(({ cause, what }) => [cause, what]), [["unknown", "it ended, nobody saw how"]]);
    await daemon.stop();
    await world.close();
  });

  it("is noticed to have ended also when something that it has started holds its lifeline", async () => {
    const world = makeWorld();
    await (await ready(world, `${QUICK}tools:\n  keeper: {command: [sh, -c, 'setsid sleep 1000 & exec "$0" "$1"', ${process.execPath}, ${join(root, "dist/servers/echo/main.js")}]}\n`, "keeper")).crash();
    const daemon = await startDaemon(world, null);
    const { pid } = await daemon.ready("keeper");
    process.kill(pid, "SIGKILL");
    const next = await daemon.until("keeper", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.equal(next.deaths.length, 1);
    assert.equal(workersOf(world).length, 2, "the first one's sleep is gone");
    await daemon.stop();
    await world.close();
  });

  it("is restarted when what tools.yaml says of it has changed, and stopped when it is no longer there", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, `${QUICK}tools:\n  same: {server: echo}\n  other: {server: echo}\n  gone: {server: echo}\n`);
    const [same, other, gone] = await Promise.all(["same", "other", "gone"].map(async (name) => (await first.ready(name)).pid));
    await first.crash();
    configure(world, `${QUICK}tools:\n  same: {server: echo, description: live}\n  other: {server: echo, env: {A: b}}\n`);
    const second = await startDaemon(world, null);
    await second.until("other", (entry) => entry.phase === "ready" && entry.pid !== other);
    await whenGroupEmpty(gone ?? 0);
    assert.deepEqual([(await second.ready("same")).pid, (await second.ready("same")).description], [same, "live"]);
    await whenGroupEmpty(other ?? 0); // its successor may serve before it has gone
    await second.stop();
    await world.close();
  });

  it("stays as it is while tools.yaml cannot be read, and is taken over when it can", async () => {
    const world = makeWorld();
    const first = await ready(world, ECHO, "echo");
    const { pid } = await first.ready("echo");
    await first.crash();
    configure(world, "tools: [\n");
    const second = await startDaemon(world, null);
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    assert.equal((await client.call("echo", { data: 1 }))["data"], 1);
    assert.equal(second.registry().tools["echo"]?.pid, pid);
    configure(world, ECHO);
    assert.equal((await second.ready("echo")).pid, pid);
    await client.close();
    await second.crash();
    configure(world, "tools: [\n");
    const third = await startDaemon(world, null);
    await third.stop();
    assert.ok(groupEmpty(pid), "a daemon that is told to end leaves nothing, known by name or not");
    await world.close();
  });

  it("stays stopped if somebody had stopped it, and is stopped if it was on its way", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, `tools:\n  idle: {server: echo}\n  deaf: {module: ${tool("family.mjs")}, settings: {deaf: true}, timeouts: {drain: 0s, stop: 1h, kill: 300ms}}\n`);
    const { pid } = await first.ready("deaf");
    await first.ready("idle");
    await first.call("stop", { tool: "idle" });
    const stopping = first.call("stop", { tool: "deaf" });
    stopping.catch(() => undefined);
    await first.until("deaf", ({ phase }) => phase === "stopping");
    await first.settled();
    await first.crash();
    const second = await startDaemon(world, null);
    await second.until("deaf", ({ phase, want }) => phase === "down" && want === "down");
    assert.ok(groupEmpty(pid));
    assert.deepEqual((await second.list()).map(({ name, phase }) => [name, phase]), [["idle", "down"], ["deaf", "down"]]);
    await second.stop();
    await world.close();
  });

  it("is taken over while it is still starting", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, `${QUICK}tools:\n  slow: {module: ${tool("slow.mjs")}, settings: {load: true}}\n  late: {command: [sh, -c, 'sleep 1; exec "$0" "$1"', ${process.execPath}, ${join(root, "dist/servers/echo/main.js")}]}\n`);
    const { pid } = await first.until("slow", ({ state }) => state === "loading");
    const late = await first.until("late", (entry) => entry.pid !== null);
    await first.crash();
    const second = await startDaemon(world, null);
    await second.until("slow", (entry) => entry.state === "loading" && entry.pid === pid);
    const client = await ToolClient.connect("slow", { folder: world.pipes });
    await client.call("loaded");
    assert.equal((await second.ready("slow")).pid, pid);
    assert.equal((await second.ready("late")).pid, late.pid);
    await client.close();
    await second.stop();
    await world.close();
  });

  it("is taken over when it is a program in another language, and goes on after somebody had halted it", async () => {
    const world = makeWorld();
    const first = await ready(world, `${QUICK}tools:\n  python: {command: [python3, ${join(root, "test/fixtures/python/echo_server.py")}, python]}\n`, "python");
    const { pid } = await first.ready("python");
    await first.crash();
    process.kill(pid, "SIGSTOP");
    const second = await startDaemon(world, null);
    assert.equal((await second.ready("python")).pid, pid);
    await second.stop();
    await world.close();
  });
});

describe("a registry that a daemon has left", () => {
  const broken: Readonly<Record<string, (path: string) => void>> = {
    deleted: (path) => rmSync(path),
    "half written": (path) => writeFileSync(path, readFileSync(path, "utf8").slice(0, 200)),
    "of another version": (path) => writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), version: 2 })),
  };
  for (const [how, spoil] of Object.entries(broken)) {
    it(`and that is ${how} does not lead to two workers: the old one is ended, and then a new one started`, async () => {
      const world = makeWorld();
      const first = await ready(world, `orphanAfter: 1s\n${ECHO}`, "echo");
      const { pid } = await first.ready("echo");
      const guardian = first.registry().daemon.guardian?.pid ?? assert.fail("it has no guardian");
      await first.crash();
      spoil(registryOf(world));
      const second = await startDaemon(world, null);
      const next = await second.ready("echo");
      assert.notEqual(next.pid, pid);
      assert.ok(groupEmpty(pid));
      await whenGroupEmpty(guardian); // nobody knows it any more, and it finds by itself that a daemon has come back
      assert.deepEqual(workersOf(world), [next.pid]);
      await second.stop();
      assert.deepEqual(readdirSync(join(registryOf(world), "../workers")), [], "no lifeline is left");
      await world.close();
    });
  }

  it("is not left by one that was told to end", async () => {
    const world = makeWorld();
    const first = await ready(world, ECHO, "echo");
    await first.call("stop", { tool: "echo" });
    await first.stop();
    const second = await startDaemon(world, null);
    assert.equal((await second.ready("echo")).phase, "ready");
    await second.stop();
    await world.close();
  });
});

async function ready(world: World, yaml: string, name: string): Promise<Supervised> {
  const daemon = await startDaemon(world, yaml);
  await daemon.ready(name);
  return daemon;
}
