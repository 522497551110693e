import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { groupEmpty, liveMembers } from "../../daemon/worker/group.ts";
import { makeWorld, root } from "../harness.ts";
import { assertNothingLeft, QUICK, startDaemon, type Supervised } from "./daemon.ts";

const tool = (name: string): string => join(root, "test/fixtures/tools", name);
const entryOf = (event: unknown): RegistryEntry => (event as { tool: RegistryEntry }).tool;

describe("start, stop and restart", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    const tools = ["echo: {server: echo}", `slow: {module: ${tool("slow.mjs")}, settings: {load: true}}`, `family: {module: ${tool("family.mjs")}}`, "lazy: {server: echo, autostart: false}"];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
    await Promise.all([daemon.ready("echo"), daemon.ready("family")]);
  });
  after(() => world.close());

  it("answers a start when the tool is ready, also one that was ready already", async () => {
    const lazy = entryOf(await daemon.call("start", { tool: "lazy" }));
    assert.deepEqual([lazy.phase, lazy.want, lazy.state], ["ready", "up", "idle"]);
    assert.equal(entryOf(await daemon.call("start", { tool: "lazy" })).pid, lazy.pid);
  });

  it("answers a stop when the whole family is gone, a child that ignores SIGTERM included", async () => {
    const { pid } = await daemon.ready("family");
    assert.equal(liveMembers(pid).length, 2);
    const stopped = entryOf(await daemon.call("stop", { tool: "family" }));
    assert.deepEqual([stopped.phase, stopped.want, stopped.pid, groupEmpty(pid)], ["down", "down", null, true]);
    assert.ok(!world.leftovers().includes("tool-family"));
    await assert.rejects(ToolClient.connect("family", { folder: world.pipes }), { code: "not-ready", message: /family is down: asked to stop. Start it with: cpipe supervisor start family/ });
    assert.equal(entryOf(await daemon.call("stop", { tool: "family" })).phase, "down");
  });

  it("answers a restart when another process is ready", async () => {
    const { pid } = await daemon.ready("echo");
    const restarted = entryOf(await daemon.call("restart", { tool: "echo" }));
    assert.equal(restarted.phase, "ready");
    assert.notEqual(restarted.pid, pid);
    assert.equal(groupEmpty(pid), true);
  });

  it("restarts a tool that is still loading, and tells how far it comes", async () => {
    const { pid } = await daemon.until("slow", ({ state }) => state === "loading");
    const progress: unknown[] = [];
    const restarted = daemon.control.call("restart", { tool: "slow" }, { onInterim: (event) => progress.push([event["stage"], event["value"], event["total"]]) });
    const next = await daemon.until("slow", (entry) => entry.state === "loading" && entry.pid !== pid);
    assert.equal(groupEmpty(pid ?? 0), true);
    const client = await ToolClient.connect("slow", { folder: world.pipes });
    client.sendCommand("progress", { value: 4 });
    await daemon.until("slow", (entry) => entry.progress?.value === 4);
    await client.call("loaded");
    assert.deepEqual([entryOf(await restarted).pid, entryOf(await restarted).state], [next.pid, "idle"]);
    assert.ok(progress.some((each) => JSON.stringify(each) === '["load",4,10]'), JSON.stringify(progress));
    await client.close();
  });

  it("says of a tool in error that it is ready to be asked, but not that it was started", async () => {
    const client = await ToolClient.connect("slow", { folder: world.pipes });
    await client.call("complain", { reason: "the model is gone" });
    const { phase, reason } = await daemon.until("slow", ({ state }) => state === "error");
    assert.deepEqual([phase, reason], ["ready", "the model is gone"]);
    await assert.rejects(daemon.call("start", { tool: "slow" }), { code: "not-ready", message: /slow is in error: the model is gone/ });
    await client.close();
  });

  it("lets a request that is being answered end first, and has one that comes meanwhile answered by the next process", async () => {
    const { pid } = await daemon.until("slow", ({ phase }) => phase === "ready");
    const before = await ToolClient.connect("slow", { folder: world.pipes });
    const during = before.call("wait", { ms: 300 });
    await before.call("ping"); // so the wait has begun
    const restarted = daemon.call("restart", { tool: "slow" });
    await daemon.until("slow", ({ phase }) => phase === "stopping");
    const meanwhile = (async () => {
      for (;;) {
        const answer = await before.call("wait", { ms: 1 }, { idempotent: true });
        if (answer["pid"] !== pid) return answer; // else it was read before the worker was told that it is to stop
      }
    })();
    assert.equal((await during)["pid"], pid);
    const next = await daemon.until("slow", (entry) => entry.state === "loading" && entry.pid !== pid);
    assert.equal((await meanwhile)["pid"], next.pid);
    await before.call("loaded");
    assert.equal(entryOf(await restarted).pid, next.pid);
    await before.close();
  });

  it("leaves a tool down that a client has sent `stop`", async () => {
    const client = await ToolClient.connect("echo", { folder: world.pipes, reconnect: false });
    assert.equal((await client.call("stop"))["state"], "stopping");
    const { reason, want } = await daemon.until("echo", ({ phase }) => phase === "down");
    assert.deepEqual([reason, want], ["a client sent it stop", "down"]);
    assert.equal(entryOf(await daemon.call("start", { tool: "echo" })).phase, "ready");
    await client.close();
  });

  it("says which tools there are when it does not know one", async () => {
    for (const cmd of ["start", "stop", "restart", "status", "logs"]) {
      await assert.rejects(daemon.call(cmd, { tool: "ehco" }), { code: "no-such-tool", message: /there is no tool 'ehco'. tools.yaml names echo, slow, family, lazy/ }, cmd);
    }
  });

  it("does not let a start that nobody waits for outlast a stop", async () => {
    const started = daemon.call("restart", { tool: "echo" });
    const failed = assert.rejects(started, { code: "not-ready" });
    assert.equal(entryOf(await daemon.call("stop", { tool: "echo" })).phase, "down");
    await failed;
  });

  it("stops the daemon with all its tools, and answers when they are gone", async () => {
    const pids = (await daemon.list()).flatMap(({ pid }) => (pid === null ? [] : [pid]));
    const stopping = daemon.control.call("stop");
    await assert.rejects(daemon.call("start", { tool: "echo" }), { code: "stopping" });
    assert.equal((await stopping).event, "stopped");
    assert.deepEqual(pids.filter((pid) => !groupEmpty(pid)), []);
    assert.deepEqual(await daemon.running.ended, { code: 0, signal: null });
    await daemon.control.close();
    assertNothingLeft(world);
  });
});
