import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { groupEmpty, liveMembers, whenGroupEmpty } from "../../daemon/worker/group.ts";
import { statFields } from "../../pipes/transport/identity.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { writeLine } from "../raw.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const python = process.env["PYTHON"] ?? "python3";
const tool = (name: string): string => join(root, "test/fixtures/tools", name);
const HASTY = "health: {interval: 100ms, answer: 1s, progress: 1s}";

describe("a worker that hangs", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    const tools = [
      `echo: {server: echo, ${HASTY}}`,
      `steady: {module: ${tool("steady.mjs")}, health: {interval: 100ms, answer: 4s, progress: 1s}}`,
      `absorbed: {command: [${python}, ${tool("absorbed.py")}], ${HASTY}}`,
      `chat: {server: chat, threads: 1, health: {interval: 100ms, answer: never, progress: 3s}}`,
    ];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
    await Promise.all(["echo", "steady", "absorbed"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });
  const replaced = async (name: string, pid: number): Promise<RegistryEntry> => {
    const next = await daemon.until(name, (entry) => entry.phase === "ready" && entry.pid !== pid);
    await whenGroupEmpty(pid);
    return next;
  };

  it("is found when it was halted, suspected, replaced, and all of it said", async (t) => {
    const { pid } = await daemon.ready("echo");
    const began = performance.now();
    process.kill(pid, "SIGSTOP");
    const next = await replaced("echo", pid);
    t.diagnostic(`SIGSTOP to the next one's readiness: ${(performance.now() - began).toFixed(0)} ms, with 1 s to answer`);
    const { cause, code, signal, what } = next.deaths.at(-1) ?? assert.fail("no death is remembered");
    assert.deepEqual({ cause, code, signal, what }, { cause: "hang", code: null, signal: null, what: "it has not answered for 1 s" });
    const log = daemon.log.entries().filter((entry) => entry["tool"] === "echo");
    assert.ok(log.some(({ msg, reason }) => msg === "it may hang" && /^it has not answered for \d+ ms$/.test(String(reason))));
    assert.ok(log.some(({ reason }) => reason === "it has not answered for 1 s; restarting at once"));
  });

  it("is found when it was halted although it speaks the older protocol", async () => {
    const { pid } = await daemon.ready("absorbed");
    process.kill(pid, "SIGSTOP");
    assert.equal((await replaced("absorbed", pid)).deaths.at(-1)?.cause, "hang");
  });

  it("is found when its event loop is blocked", async () => {
    const { pid } = await daemon.ready("steady");
    const client = await ToolClient.connect("steady", { folder: world.pipes });
    await assert.rejects(client.call("block", {}, { timeout: Infinity }), { code: "interrupted" });
    await client.close();
    assert.equal((await replaced("steady", pid)).deaths.at(-1)?.cause, "hang");
  });

  it("is found when its requests get no further, although it answers", async () => {
    const { pid } = await daemon.ready("steady");
    const client = await ToolClient.connect("steady", { folder: world.pipes });
    const stalled = [1, 2].map(() => assert.rejects(client.call("stall", {}, { timeout: Infinity }), { code: /interrupted|stopping/ }));
    await Promise.all(stalled);
    await client.close();
    const death = (await replaced("steady", pid)).deaths.at(-1);
    assert.deepEqual([death?.cause, death?.what], ["hang", "it has got no further with any of 2 requests for 1 s"]);
  });

  it("is found when the process that generates was halted, with its family", async () => {
    const { pid } = await daemon.until("chat", ({ phase, state }) => phase === "ready" && state === "idle");
    assert.ok(pid !== null);
    const client = await ToolClient.connect("chat", { folder: world.pipes });
    const tokens = client.stream("chat", { messages: [{ role: "user", content: "count forever" }] }, { timeout: Infinity });
    let engine = 0;
    await assert.rejects(async () => {
      for await (const token of tokens) {
        if (engine !== 0 || token.event !== "token") continue;
        engine = childOf(pid);
        process.kill(engine, "SIGSTOP");
      }
    }, { code: /interrupted|stopping/ });
    await client.close();
    const next = await replaced("chat", pid);
    assert.deepEqual([next.deaths.at(-1)?.cause, next.deaths.at(-1)?.what, groupEmpty(pid)], ["hang", "it has got no further with its request for 3 s", true]);
  });
});

describe("a worker that is busy", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const patient = "health: {interval: 100ms, answer: 4s, progress: 3s}";
  before(async () => {
    const tools = [
      `steady: {module: ${tool("steady.mjs")}, ${patient}}`,
      `idle: {server: echo, ${patient}}`,
      `slow: {module: ${tool("slow.mjs")}, health: {interval: 100ms, answer: 4s}}`,
      `absorbed: {command: [${python}, ${tool("absorbed.py")}], ${patient}}`,
      `loads: {command: [${python}, ${tool("loads-first.py")}, work, "8"], timeouts: {start: 3s}}`,
      `sleeps: {command: [${python}, ${tool("loads-first.py")}, sleep, "60"], timeouts: {start: 3s}, restart: never}`,
    ];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });
  const untouched = async (name: string, cmd: string, args: object): Promise<void> => {
    const { pid } = await daemon.ready(name);
    assert.equal(await pidAfter(world, name, cmd, args), pid);
    assert.deepEqual((await daemon.ready(name)).deaths, []);
  };

  it("is left alone for as long as its request gets further, past every one of its times", () => untouched("steady", "work", { ms: 6000 }));

  it("is left alone while it says so, if it speaks the older protocol and can do nothing else meanwhile", () => untouched("absorbed", "work", { seconds: 6 }));

  it("is left alone past its time to start while it loads, which shows; one that sleeps is not", async () => {
    const loaded = await daemon.ready("loads");
    assert.deepEqual([loaded.deaths, loaded.restarts], [[], 0]);
    assert.ok(daemon.log.entries().some(({ tool: name, reason }) => name === "loads" && /^it has not answered yet and is at work: it used .* of processor time$/.test(String(reason))));
    const asleep = await daemon.until("sleeps", ({ phase }) => phase === "failed");
    assert.equal(asleep.deaths.at(-1)?.cause, "unanswered");
  });

  it("is connected to again when it has dropped the daemon, and left alone", async () => {
    const { pid } = await daemon.ready("slow");
    writeLine(world, "slow", JSON.stringify({ pid: daemon.pid, cmd: "unsubscribe" }));
    await pidAfter(world, "slow", "wait", { ms: 6000 });
    await pidAfter(world, "slow", "complain", { reason: "nobody listens" });
    const heard = await daemon.until("slow", ({ state }) => state === "error");
    assert.deepEqual([heard.pid, heard.reason, heard.deaths], [pid, "nobody listens", []]);
  });

  it("is left alone, and everybody else, when it was the daemon that was halted", async () => {
    const before = await Promise.all(["idle", "steady", "absorbed"].map((name) => daemon.ready(name)));
    process.kill(daemon.pid, "SIGSTOP");
    try {
      await pidAfter(world, "steady", "work", { ms: 6000 });
    } finally {
      process.kill(daemon.pid, "SIGCONT");
    }
    await pidAfter(world, "steady", "work", { ms: 6000 });
    const now = await Promise.all(["idle", "steady", "absorbed"].map((name) => daemon.ready(name)));
    assert.deepEqual(now.map(({ pid, deaths }) => [pid, deaths]), before.map(({ pid }) => [pid, []]));
  });
});

/** The pid that answers a request. */
async function pidAfter(world: World, name: string, cmd: string, args: object): Promise<unknown> {
  const client = await ToolClient.connect(name, { folder: world.pipes });
  try {
    return (await client.call(cmd, args, { timeout: Infinity }))["worker"];
  } finally {
    await client.close();
  }
}

/** The process of a group whose parent is its leader. */
function childOf(pid: number): number {
  const child = liveMembers(pid).find((member) => Number(statFields(member)?.[1]) === pid);
  return child ?? assert.fail(`${pid} has no child among ${readdirSync("/proc").filter((name) => /^\d+$/.test(name)).join(" ")}`);
}
