import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { makeWorld, root } from "../../harness.ts";
import { configure, QUICK, startDaemon, type Supervised } from "../daemon.ts";

const MIB = 1024 ** 2;
const sleeper = join(root, "test/fixtures/tools/sleeper.mjs");
/** Holds 150 MB, some 190 with its process: two of them are more than the budget. */
const large = (name: string, more = ""): string => `${name}: {module: ${sleeper}, settings: {mb: 150}, keep: on-demand${more}}`;

describe("a memory budget for all tools", () => {
  const world = makeWorld();
  const model = join(world.folder, "huge.gguf");
  let daemon: Supervised;
  before(async () => {
    writeFileSync(model, "");
    truncateSync(model, 10 * 1024 * MIB);
    const tools = [large("one"), large("two"), large("pinned", ", pinned: true"), large("cheap", ", priority: -1"), `giant: {server: chat, model: ${model}, keep: on-demand}`, "chat: {server: chat, model: builtin, threads: 1}"];
    const limits = QUICK.trim().replace("{timeouts", "{health: {interval: 200ms}, timeouts");
    daemon = await startDaemon(world, `${limits}\nmemory: {budget: 330MiB}\ntools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
    await daemon.until("chat", ({ state, memory }) => state === "idle" && memory !== null);
  });
  after(() => world.close());

  const ask = async (tool: string): Promise<unknown> => {
    const client = await ToolClient.connect(tool, { folder: world.pipes });
    try {
      return (await client.call("who"))["process"];
    } finally {
      await client.close();
    }
  };
  /** What the log says of a tool's way, from a moment on. */
  const way = (since: number, ...tools: string[]): string[] => daemon.log.entries().slice(since).filter(({ tool, msg }) => tools.includes(String(tool)) && /→/.test(String(msg))).map(({ tool, msg }) => `${String(tool)}: ${String(msg)}`);
  const learnt = (): Record<string, number> => {
    const { sizes } = JSON.parse(readFileSync(join(world.env["XDG_STATE_HOME"] ?? "", "pipe-tools/sizes.json"), "utf8")) as { sizes: Record<string, { tool: string; bytes: number }> };
    return Object.fromEntries(Object.values(sizes).map(({ tool, bytes }) => [tool, bytes]));
  };

  it("has the one that was used before let go when another turns out to be larger than was thought", async () => {
    await ask("one");
    await daemon.until("one", ({ memory }) => (memory ?? 0) > 150 * MIB);
    assert.equal((await daemon.until("chat", ({ state }) => state === "released" || state === "idle")).phase, "ready");
    await ask("two");
    await daemon.until("one", ({ phase }) => phase === "resting");
    const { memory } = await daemon.until("two", (entry) => entry.phase === "ready" && (entry.memory ?? 0) > 150 * MIB);
    const { one = 0, two = 0 } = learnt();
    assert.ok(one > 150 * MIB && Math.abs(two - (memory ?? 0)) < 20 * MIB, JSON.stringify({ one, two, memory }));
  });

  it("makes room first where it is known how much is needed, and says so", async () => {
    const since = daemon.log.entries().length;
    const before = (await daemon.ready("two")).pid;
    const process = await ask("one");
    assert.equal(process, (await daemon.ready("one")).pid);
    assert.deepEqual(way(since, "one", "two").slice(0, 5), ["one: resting → waiting", "two: ready → stopping", "two: stopping → resting", "one: waiting → starting", "one: starting → ready"]);
    const reasons = daemon.log.entries().slice(since).filter(({ tool }) => tool === "one").map(({ reason }) => String(reason));
    assert.ok(reasons.some((reason) => /^it waits for \d+ MiB of memory: releasing .*two/.test(reason)), reasons.join("\n"));
    assert.notEqual(before, process);
  });

  it("never takes it from one that is at work: the other waits, says for whom, and comes when that is done", async () => {
    const busy = await ToolClient.connect("one", { folder: world.pipes });
    const holding = busy.call("hold", {}, { timeout: Infinity }).catch(() => undefined);
    await busy.call("who");
    const asked = ask("two");
    const { reason } = await daemon.until("two", (entry) => entry.phase === "waiting" && /one uses \d+ MiB \(busy\)/.test(entry.reason ?? ""));
    assert.match(reason ?? "", /^it waits for \d+ MiB of memory: .*of 330 MiB(; releasing what is idle would not be enough)?$/);
    const { pid } = await daemon.ready("one");
    await busy.close();
    await holding;
    assert.equal(await asked, (await daemon.ready("two")).pid);
    assert.notEqual((await daemon.until("one", () => true)).pid, pid);
  });

  it("takes it from the lower priority, and never from one that is pinned", async () => {
    await ask("cheap"); // larger than was thought: then it is known
    await daemon.until("cheap", ({ memory }) => (memory ?? 0) > 150 * MIB);
    await daemon.until("two", ({ phase }) => phase === "resting");
    await ask("pinned");
    await daemon.until("cheap", ({ phase }) => phase === "resting");
    const { pid } = await daemon.until("pinned", ({ memory }) => (memory ?? 0) > 150 * MIB);
    const asked = ask("one");
    await daemon.until("one", (entry) => entry.phase === "waiting" && /pinned uses \d+ MiB \(pinned\)/.test(entry.reason ?? ""));
    assert.equal((await daemon.ready("pinned")).pid, pid);
    await daemon.call("release", { tool: "pinned" });
    assert.equal(await asked, (await daemon.ready("one")).pid);
  });

  it("refuses at once one that can never fit, with both figures", async () => {
    await assert.rejects(daemon.call("start", { tool: "giant" }), { code: "not-ready", message: /giant has failed: it needs 11 GiB, which is more than the 330 MiB that all tools together may use \(memory\.budget\)/ });
    await assert.rejects(ToolClient.connect("giant", { folder: world.pipes }), { code: "not-ready" });
  });

  it("holds for a server that has let go of its weights: it waits for room before it loads them again", async () => {
    await daemon.call("release", { tool: "chat" });
    const busy = await ToolClient.connect("one", { folder: world.pipes });
    const holding = busy.call("hold", {}, { timeout: Infinity }).catch(() => undefined);
    await busy.call("grow", { mb: 100 });
    // Whoever asks has it measured, once a second at most.
    while (((await daemon.list()).find(({ name }) => name === "one")?.memory ?? 0) < 250 * MIB);
    const client = await ToolClient.connect("chat", { folder: world.pipes });
    const answer = client.call("chat_blocking", { messages: [{ role: "user", content: "Hello" }] }, { timeout: Infinity });
    await daemon.until("chat", ({ state, reason }) => state === "waiting" && /one uses \d+ MiB \(busy\)/.test(reason ?? ""));
    await busy.close();
    await holding;
    assert.match(String((await answer)["text"]), /stand-in/);
    await client.close();
  });

  it("is in the daemon's status with what is used, and what each tool needs", async () => {
    const status = (await daemon.call("status"))["status"] as { shared: { budget: number; used: number; expected: Record<string, number> } };
    assert.equal(status.shared.budget, 330 * MIB);
    assert.ok(status.shared.used > 0 && status.shared.used < 400 * MIB, String(status.shared.used));
    assert.deepEqual(Object.keys(status.shared.expected).sort(), ["chat", "cheap", "giant", "one", "pinned", "two"]);
  });

  it("leaves nothing behind when the daemon stops", async () => {
    await daemon.stop();
  });
});

it("starts what the budget before refused, and judges what a saved file adds by the budget of that file", async () => {
  const world = makeWorld();
  const limited = `${QUICK}memory: {budget: 1MiB}\ntools:\n  one: {server: echo}\n`;
  const daemon = await startDaemon(world, limited);
  await daemon.until("one", ({ phase, reason }) => phase === "failed" && /more than the 1 MiB/.test(reason ?? ""));
  configure(world, `${limited.replace("1MiB", "unlimited")}  two: {server: echo}\n`);
  await Promise.all([daemon.ready("one"), daemon.ready("two")]);
  const fates = daemon.log.entries().filter(({ tool, msg }) => tool === "two" && /→ (failed|waiting)/.test(String(msg)));
  assert.deepEqual(fates, []);
  await daemon.stop();
  await world.close();
});

describe("a limit for one tool", () => {
  const world = makeWorld();
  after(() => world.close());

  it("ends it when it has grown past that, and starts it again", async () => {
    const limits = QUICK.trim().replace("{timeouts", "{health: {interval: 100ms}, timeouts");
    const daemon = await startDaemon(world, `${limits}\ntools:\n  a: {module: ${sleeper}, memoryMax: 200MiB, restart: {backoff: {initial: 1ms}}}\n`);
    const { pid } = await daemon.ready("a");
    const client = await ToolClient.connect("a", { folder: world.pipes });
    await client.call("grow", { mb: 250 });
    const next = await daemon.until("a", (entry) => entry.phase === "ready" && entry.pid !== pid && entry.deaths.length > 0);
    assert.deepEqual([next.deaths[0]?.cause, next.restarts], ["out-of-memory", 1]);
    assert.match(next.deaths[0]?.what ?? "", /^it uses \d+ MiB of the 200 MiB that memoryMax allows$/);
    await client.close();
    await daemon.stop();
  });
});
