import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { writeLine } from "../raw.ts";
import { slowModel } from "../servers/chat/fixtures.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const python = process.env["PYTHON"] ?? "python3";
const tool = (name: string): string => join(root, "test/fixtures/tools", name);

describe("a worker that is busy", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const model = join(world.folder, "slow.gguf");
  const patient = "health: {interval: 100ms, answer: 4s, progress: 3s}";
  before(async () => {
    writeFileSync(model, slowModel());
    const tools = [
      `steady: {module: ${tool("steady.mjs")}, ${patient}}`,
      `idle: {server: echo, ${patient}}`,
      `reads: {server: chat, model: ${model}, threads: 1, parallel: 1, contextSize: 8192, health: {interval: 100ms, answer: never, progress: 1500ms}}`,
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

  it("is left alone while it reads a prompt that takes longer, of which nothing is sent", async (t) => {
    const { pid } = await daemon.until("reads", ({ phase, state }) => phase === "ready" && state === "idle");
    const client = await ToolClient.connect("reads", { folder: world.pipes });
    const began = performance.now();
    const prompts = ["pipe ", "daemon ", "hello "].map((word) => client.call("chat_blocking", { messages: [{ role: "user", content: word.repeat(1500) }], maxTokens: 1 }, { timeout: Infinity }));
    for (const { event } of await Promise.all(prompts)) assert.equal(event, "reply");
    t.diagnostic(`three prompts of 1500 words: ${(performance.now() - began).toFixed(0)} ms, with 1.5 s to get further`);
    await client.close();
    const entry = await daemon.ready("reads");
    assert.deepEqual([entry.pid, entry.deaths], [pid, []]);
  });

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
