import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Ajv } from "ajv";
import { Registry, type RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld } from "../harness.ts";
import { logsOf, QUICK, registryOf, startDaemon, type Supervised } from "./daemon.ts";

describe("a daemon with two tools", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n  one: {server: echo}\n  two: {server: echo, description: The second}\n  idle: {server: echo, autostart: false}\n`);
    await Promise.all([daemon.ready("one"), daemon.ready("two")]);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("lists them in the order of the file, each with its process, its state and its interface", async () => {
    const tools = await daemon.list();
    assert.deepEqual(tools.map(({ name, phase, state, kind, restarts }) => [name, phase, state, kind, restarts]), [
      ["one", "ready", "idle", "echo", 0],
      ["two", "ready", "idle", "echo", 0],
      ["idle", "down", null, "echo", 0],
    ]);
    await daemon.until("one", ({ interfaces }) => interfaces.length > 0);
    assert.equal((await daemon.until("one", ({ description }) => description !== "")).description, "says back what it is told");
    assert.equal((await daemon.until("two", () => true)).description, "The second");
  });

  it("writes a registry that fits its schema and says the same", async () => {
    const isKnown = ({ pid, interfaces, memory }: RegistryEntry): boolean => pid === null || (interfaces.length > 0 && memory !== null);
    const registry = await daemon.settled(({ tools }) => Object.values(tools).every(isKnown)); // nothing of it changes from then on
    const valid = new Ajv({ strict: false }).compile(Registry);
    assert.ok(valid(registry), JSON.stringify(valid.errors));
    assert.deepEqual(Object.values(registry.tools), await daemon.list());
    assert.equal(registry.daemon.pid, daemon.pid);
    assert.deepEqual(registry.config.problems, []);
  });

  it("keeps what it makes to its user", () => {
    const modes = [registryOf(world), dirname(registryOf(world)), logsOf(world), join(logsOf(world), "one.log"), join(world.pipes, "tool-one"), join(world.pipes, "tool-supervisor")];
    assert.deepEqual(modes.map((path) => (statSync(path).mode & 0o777).toString(8)), ["600", "700", "700", "600", "600", "600"]);
    assert.ok(!readdirSync(world.pipes).includes("tool-idle"), "a tool that is down has no pipe to wait in");
  });

  it("tells a person what is going on, and what to type", async () => {
    const line = await daemon.running.line((text) => text.includes("two") && text.includes("ready"));
    assert.match(line, new RegExp(`two +ready +${world.pipes}/tool-two +pid \\d+`));
    await daemon.running.line((text) => text.includes("cpipe --list"));
  });

  it("logs JSON lines, each transition with its reason", () => {
    const transitions = daemon.log.entries().filter(({ msg, tool }) => tool === "one" && String(msg).includes("→"));
    assert.deepEqual(transitions.map(({ msg, reason }) => [msg, reason]), [
      ["down → starting", "the daemon started"],
      ["starting → ready", "it answers on its pipe"],
    ]);
    assert.ok(daemon.log.entries().every(({ level, time }) => typeof level === "string" && !Number.isNaN(Date.parse(String(time)))));
  });

  it("answers for itself", async () => {
    const status = (await daemon.call("status"))["status"] as Record<string, unknown>;
    assert.equal((status["daemon"] as { pid: number }).pid, daemon.pid);
    assert.ok(Number(status["memory"]) > 1e6 && Number(status["uptime"]) >= 0);
    assert.equal((await daemon.call("get_state"))["state"], "running");
  });
});
