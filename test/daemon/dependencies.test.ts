import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { configure, QUICK, startDaemon, type Supervised } from "./daemon.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";

const slow = join(root, "test/fixtures/tools/slow.mjs");

async function tell(world: World, tool: string, cmd: string, args: object = {}): Promise<void> {
  const client = await ToolClient.connect(tool, { folder: world.pipes });
  await client.call(cmd, args);
  await client.close();
}

/** `started chat`, `ready chat` and so on, as daemon.log tells them. */
function storyOf(daemon: Supervised, phase: string): string[] {
  return daemon.log.entries().filter(({ msg }) => String(msg).endsWith(`→ ${phase}`)).map(({ tool }) => String(tool));
}

describe("a tool that needs another", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const yaml = `${QUICK}tools:
  bot: {server: echo, needs: [chat]}
  chat: {server: echo, needs: [vector], after: [spare]}
  vector: {module: ${slow}, settings: {load: 1}}
  spare: {server: echo, autostart: false}
`;
  before(async () => {
    daemon = await startDaemon(world, yaml);
  });
  after(async () => world.close());

  it("waits until that has loaded, and says for what", async () => {
    const chat = await daemon.until("chat", ({ phase, reason }) => phase === "waiting" && reason?.includes("loading") === true);
    assert.equal(chat.reason, "it waits for vector, which is loading");
    assert.equal((await daemon.until("bot", ({ phase }) => phase === "waiting")).reason, "it waits for chat, which waits itself");
    await tell(world, "vector", "loaded");
    await daemon.ready("bot");
    assert.deepEqual(storyOf(daemon, "ready").filter((name) => name !== "spare"), ["vector", "chat", "bot"]);
    assert.equal((await daemon.list()).find(({ name }) => name === "spare")?.phase, "down", "nobody needs it: it is only before chat");
  });

  it("goes on when that crashes or is stopped, which is said, and waits for it once it has to be started again itself", async () => {
    const { pid } = await daemon.ready("chat");
    const stopped = await daemon.call("stop", { tool: "vector" });
    assert.deepEqual(stopped["needed_by"], ["bot", "chat"]);
    assert.equal((await daemon.ready("chat")).pid, pid);
    process.kill(pid, "SIGKILL");
    const waiting = await daemon.until("chat", ({ phase }) => phase === "waiting");
    assert.equal(waiting.reason, "it waits for vector, which is down");
  });

  it("is started together with all that it needs, in their order", async () => {
    const starting = daemon.call("start", { tool: "chat" });
    await daemon.until("vector", ({ state }) => state === "loading");
    await tell(world, "vector", "loaded");
    const { tool } = (await starting) as unknown as { tool: { phase: string } };
    assert.equal(tool.phase, "ready");
  });

  it("is told at once of a need that does not come, when somebody asks for its start", async () => {
    await tell(world, "vector", "complain", { reason: "no index" });
    await daemon.until("vector", ({ state }) => state === "error");
    await daemon.call("stop", { tool: "chat" });
    await assert.rejects(daemon.call("start", { tool: "chat" }), { code: "not-ready", message: /chat is waiting: it waits for vector, which is in error: no index/ });
    await tell(world, "vector", "loaded");
    await daemon.ready("chat");
  });

  it("is stopped before what it needs, and the rest at the same time", async () => {
    await daemon.ready("bot");
    await daemon.stop();
    assert.deepEqual(storyOf(daemon, "stopping").slice(-3), ["bot", "chat", "vector"]);
    const steps = daemon.log.entries().filter(({ msg }) => /→ (stopping|down)$/.test(String(msg))).map(({ tool, msg }) => `${String(tool)} ${String(msg).split(" ").at(-1)}`);
    assert.deepEqual(steps.slice(-6), ["bot stopping", "bot down", "chat stopping", "chat down", "vector stopping", "vector down"]);
  });
});

describe("a reload", () => {
  it("stops tools that are gone before those that they needed, and starts what a new one needs", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  one: {server: echo, needs: [two]}\n  two: {server: echo}\n  three: {server: echo, autostart: false}\n`);
    await daemon.ready("one");
    configure(world, `${QUICK}tools:\n  four: {server: echo, needs: [three]}\n  three: {server: echo, autostart: false}\n`);
    await daemon.ready("four");
    assert.deepEqual(storyOf(daemon, "ready").slice(-2), ["three", "four"]);
    await daemon.log.line(({ tool, msg }) => tool === "two" && String(msg).endsWith("→ down"));
    const steps = daemon.log.entries().filter(({ tool, msg }) => ["one", "two"].includes(String(tool)) && /→ (stopping|down)$/.test(String(msg))).map(({ tool, msg }) => `${String(tool)} ${String(msg).split(" ").at(-1)}`);
    assert.deepEqual(steps, ["one stopping", "one down", "two stopping", "two down"]);
    await daemon.stop();
    await world.close();
  });

  it("brings what a running tool needs from now on, and what is to be there from now on", async () => {
    const world = makeWorld();
    const yaml = (one: string, three: string): string => `${QUICK}tools:\n  one: {server: echo${one}}\n  two: {server: echo, autostart: false}\n  three: {server: echo${three}}\n`;
    const daemon = await startDaemon(world, yaml("", ", keep: on-demand"));
    const { pid } = await daemon.ready("one");
    assert.equal((await daemon.until("three", () => true)).phase, "resting");
    configure(world, yaml(", needs: [two]", ""));
    await daemon.ready("two");
    await daemon.ready("three");
    assert.equal((await daemon.ready("one")).pid, pid);
    await daemon.stop();
    await world.close();
  });

  it("that asks for a circle is refused, with its place", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  one: {server: echo}\n`);
    const { pid } = await daemon.ready("one");
    configure(world, `${QUICK}tools:\n  one: {server: echo, needs: [two]}\n  two: {server: echo, needs: [one]}\n`);
    await assert.rejects(daemon.call("reload"), { code: "invalid-config", message: /tools\.yaml:3:31: one needs two, which needs one/ });
    assert.equal((await daemon.ready("one")).pid, pid);
    await daemon.stop();
    await world.close();
  });
});
