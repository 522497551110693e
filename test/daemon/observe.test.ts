import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { Metrics } from "../../pipes/protocol/metrics.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld, root } from "../harness.ts";
import { configure, QUICK, registryOf, startDaemon, type Supervised } from "./daemon.ts";

const family = join(root, "test/fixtures/tools/family.mjs");
const YAML = `${QUICK}tools:\n  echo: {server: echo}\n  family: {module: ${family}}\n  crash: {command: [${process.execPath}, ${join(root, "test/fixtures/processes/throw.mjs")}], restart: never}\n`;

describe("what the daemon tells of its tools", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, YAML);
    await Promise.all([daemon.ready("echo"), daemon.ready("family"), daemon.until("crash", ({ phase }) => phase === "failed")]);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  const logs = async (args: object): Promise<Array<Record<string, unknown>>> => {
    const entries: Array<Record<string, unknown>> = [];
    for await (const { entry } of daemon.control.stream("logs", args)) if (typeof entry === "object" && entry !== null) entries.push({ ...entry });
    return entries;
  };

  it("logs: the last lines of a tool's own log, those that are not JSON included, and of the daemon's", async () => {
    const crash = await logs({ tool: "crash" });
    assert.equal(crash[0]?.["msg"], "an ordinary error line");
    assert.ok(crash.some(({ msg, level }) => msg === "TypeError: the model has no head" && level === null));
    assert.equal((await logs({ tool: "crash", lines: 1 })).length, 1);
    const own = await logs({});
    assert.ok(own.some(({ msg, reason }) => msg === "running" && reason === "started"));
    assert.deepEqual([...new Set((await logs({ level: "warn" })).map(({ level }) => level))].filter((level) => !["warn", "error"].includes(String(level))), []);
  });

  it("logs with follow: goes on as lines come, until it is cancelled", async () => {
    const stream = daemon.control.stream("logs", { tool: "supervisor", follow: true, lines: 0 }, { timeout: Infinity });
    const next = stream.next();
    await daemon.call("reload");
    const { value } = (await next) as { value: { entry: Record<string, unknown> } };
    assert.equal(value.entry["msg"], "the config was applied");
    await stream.return?.();
    assert.equal(daemon.control.inFlight, 1, "only the watch of these tests is under way");
  });

  it("watch: each tool as it is, then each change, then that it is gone", async () => {
    const seen: string[] = [];
    const stream = daemon.control.stream("watch", {}, { timeout: Infinity });
    const until = async (wanted: string): Promise<void> => {
      while (!seen.includes(wanted)) {
        const { value, done } = await stream.next();
        if (done === true) assert.fail("the watch ended");
        const entry = value["tool"] as RegistryEntry | undefined;
        seen.push(entry === undefined ? `${String(value["name"])} gone` : `${entry.name} ${entry.phase}`);
      }
    };
    await until("crash failed");
    assert.deepEqual(seen, ["echo ready", "family ready", "crash failed"]);
    configure(world, `${YAML}  x: {server: echo}\n`);
    await until("x ready");
    configure(world, YAML);
    await until("x gone");
    await stream.return?.();
  });

  it("metrics: processor, memory and work of each worker with its family, and of the machine", async () => {
    const metrics = (await daemon.call("metrics"))["metrics"] as Metrics;
    const { echo, family: two } = metrics.tools;
    assert.deepEqual([echo?.processes, two?.processes, Object.keys(metrics.tools).length], [1, 2, 2]);
    for (const use of [echo, two]) assert.ok(use !== undefined && use.memory > 4e6 && use.memory < 400e6 && use.cpu >= 0 && use.cpu < 1000, JSON.stringify(use));
    assert.ok((two?.memory ?? 0) > (echo?.memory ?? 0));
    assert.deepEqual(echo?.work, { active: 0, waiting: null, served: 0, failed: 0, rate: null });
    const { machine } = metrics;
    assert.ok(Math.abs(machine.memory.total - totalmem()) < totalmem() / 2 && machine.memory.available > 0 && machine.memory.available <= machine.memory.total);
    assert.ok(machine.cores > 0 && machine.load >= 0 && machine.load <= 100, JSON.stringify(machine));
  });

  it("watch with every: also metrics, at once, and again when something in them has changed", async () => {
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    const stream = daemon.control.stream("watch", { every: 0.5 }, { timeout: Infinity });
    const served = async (count: number): Promise<Metrics> => {
      for (;;) {
        const { value, done } = await stream.next();
        if (done === true) assert.fail("the watch ended");
        const metrics = value["metrics"] as Metrics | undefined;
        if (metrics?.tools["echo"]?.work?.served === count) return metrics;
      }
    };
    assert.deepEqual(Object.keys((await served(0)).tools), ["echo", "family"]);
    await client.call("echo", { data: "x" });
    const { echo } = (await served(1)).tools;
    assert.deepEqual(echo?.work, { active: 0, waiting: null, served: 1, failed: 0, rate: null });
    await stream.return?.();
    await client.close();
    await assert.rejects(daemon.control.stream("watch", { every: 0.1 }).next(), { code: "invalid-request" });
  });

  it("status: one tool in full, or the daemon", async () => {
    assert.equal(((await daemon.call("status", { tool: "echo" }))["status"] as RegistryEntry).pid, (await daemon.ready("echo")).pid);
    assert.ok("config" in ((await daemon.call("status"))["status"] as object));
  });

  it("survives a registry that cannot be written, says so once, and writes it when it can", async () => {
    rmSync(registryOf(world));
    mkdirSync(registryOf(world));
    for (let times = 0; times < 2; times++) await daemon.call("restart", { tool: "echo" });
    assert.equal(daemon.log.entries().filter(({ msg }) => msg === "the registry could not be written").length, 1);
    rmSync(registryOf(world), { recursive: true });
    const { tool } = (await daemon.call("restart", { tool: "echo" })) as unknown as { tool: RegistryEntry };
    assert.equal((await daemon.settled()).tools["echo"]?.pid, tool.pid);
  });

  it("is told to many who watch at once, and a client that goes costs nothing", async () => {
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    const streams = Array.from({ length: 20 }, () => daemon.control.stream("watch", {}, { timeout: Infinity }));
    await Promise.all(streams.map((stream) => stream.next()));
    await Promise.all(streams.map(async (stream) => stream.return?.()));
    assert.equal((await client.call("ping")).event, "pong");
    await client.close();
  });
});
