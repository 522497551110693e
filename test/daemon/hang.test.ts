import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { groupEmpty, liveMembers, whenGroupEmpty } from "../../daemon/worker/group.ts";
import { statFields } from "../../pipes/transport/identity.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld, root } from "../harness.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const python = process.env["PYTHON"] ?? "python3";
const tool = (name: string): string => join(root, "test/fixtures/tools", name);
/** A busy machine may well keep a healthy worker waiting for a second. */
const HASTY = "health: {interval: 100ms, answer: 2s, progress: 1s}";

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
    t.diagnostic(`SIGSTOP to the next one's readiness: ${(performance.now() - began).toFixed(0)} ms, with 2 s to answer`);
    const { cause, code, signal, what } = next.deaths.at(-1) ?? assert.fail("no death is remembered");
    assert.deepEqual({ cause, code, signal, what }, { cause: "hang", code: null, signal: null, what: "it has not answered for 2 s" });
    const log = daemon.log.entries().filter((entry) => entry["tool"] === "echo");
    assert.ok(log.some(({ msg, reason }) => msg === "it may hang" && /^it has not answered for [\d.]+ m?s$/.test(String(reason))));
    assert.ok(log.some(({ reason }) => reason === "it has not answered for 2 s; restarting at once"));
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

/** The process of a group whose parent is its leader. */
function childOf(pid: number): number {
  const child = liveMembers(pid).find((member) => Number(statFields(member)?.[1]) === pid);
  return child ?? assert.fail(`${pid} has no child`);
}
