import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { serviceFile } from "../../cpipe/commands/service.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { assertNothingLeft, configure, daemonLog, type Log, logsOf, QUICK, registryOf, vanished } from "../daemon/daemon.ts";
import { type Manager, startManager, whyNoManager } from "./manager.ts";

const why = whyNoManager();
const family = join(root, "test/fixtures/tools/family.mjs");
const yaml = `${QUICK}tools:\n  echo: {server: echo}\n  family: {module: ${family}}\n`;

describe("the service under a real systemd", { skip: why === null ? false : `no user manager can be started: ${why}` }, () => {
  it("is started when its control pipe answers, shows its tools in its status, and reloads", async (t) => {
    const { world, manager, log } = await startService(t, yaml);
    await control(world, (client) => client.call("ping"));
    await ready(world, "echo", "family");
    assert.match(await manager.systemctl("status", "pipe-tools"), /^ {5}Status: "2 tools: 2 ready"$/m);
    const applied = log.next(({ reason }) => reason === "SIGHUP");
    await manager.systemctl("reload", "pipe-tools");
    await applied;
    assert.equal(await manager.property("ActiveState"), "active");
    await manager.systemctl("stop", "pipe-tools");
    assert.deepEqual([await manager.property("ActiveState"), await manager.property("Result")], ["inactive", "success"]);
    await leftNothing(world, manager);
  });

  it("lets the workers of a daemon that was killed live on until there is the next one", async (t) => {
    const { world, manager, log } = await startService(t, yaml);
    const pids = await ready(world, "echo", "family");
    const next = nextDaemon(log);
    process.kill(Number(await manager.property("MainPID")), "SIGKILL");
    await next;
    await assertSpared(world, log, pids);
    await manager.systemctl("stop", "pipe-tools");
    await leftNothing(world, manager);
  });

  it("starts a daemon again that is blocked, because its watchdog hears nothing", async (t) => {
    const { world, manager, log } = await startService(t, yaml, "WatchdogSec=3");
    const pids = await ready(world, "echo", "family");
    const next = nextDaemon(log);
    process.kill(Number(await manager.property("MainPID")), "SIGSTOP");
    await next;
    await assertSpared(world, log, pids);
    await manager.systemctl("stop", "pipe-tools");
    await leftNothing(world, manager);
  });

  it("leaves nothing of a daemon that was killed while it was being stopped", async (t) => {
    const { world, manager, log } = await startService(t, `tools:\n  deaf: {module: ${family}, settings: {deaf: true}, timeouts: {stop: 1m}}\n`);
    await ready(world, "deaf");
    const stopping = log.next(({ msg, tool }) => msg === "stopping" && tool === undefined);
    const stopped = manager.systemctl("stop", "pipe-tools");
    await stopping;
    process.kill(Number(await manager.property("MainPID")), "SIGKILL");
    await stopped;
    assert.equal(await manager.property("Result"), "signal");
    await leftNothing(world, manager);
  });

  it("leaves nothing where the daemon is not started again", async (t) => {
    const { world, manager } = await startService(t, yaml);
    await ready(world, "echo", "family");
    const pid = Number(await manager.property("MainPID"));
    dropIn(world, `ExecStart=\nExecStart=:"${process.execPath}" "${join(root, "dist/daemon/main.js")}" --no-such-flag\n`);
    await manager.systemctl("daemon-reload");
    process.kill(pid, "SIGKILL");
    await vanished(registryOf(world)); // the last thing to go
    await leftNothing(world, manager);
  });
});

interface Service {
  readonly world: World;
  readonly manager: Manager;
  readonly log: Log;
}

/** `settings` go into a drop-in, as `systemctl edit` writes one. */
async function startService(t: TestContext, config: string, settings = ""): Promise<Service> {
  const world = makeWorld();
  const manager = await startManager(t, world);
  mkdirSync(unitFolder(world), { recursive: true });
  writeFileSync(join(unitFolder(world), "pipe-tools.service"), serviceFile());
  dropIn(world, settings);
  configure(world, config);
  await manager.systemctl("daemon-reload");
  process.env["XDG_RUNTIME_DIR"] = world.env["XDG_RUNTIME_DIR"]; // where clients look for the registry
  await manager.systemctl("start", "pipe-tools");
  return { world, manager, log: daemonLog(join(logsOf(world), "daemon.log")) };
}

async function leftNothing(world: World, manager: Manager): Promise<void> {
  assertNothingLeft(world);
  await manager.close();
  await world.close();
}

function dropIn(world: World, settings: string): void {
  const folder = join(unitFolder(world), "pipe-tools.service.d");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "override.conf"), `[Service]\n${settings}\n`);
}

function unitFolder(world: World): string {
  return join(world.env["XDG_CONFIG_HOME"] ?? "", "systemd/user");
}

/** Uses the control pipe of the daemon that runs now. */
async function control<Result>(world: World, use: (client: ToolClient) => Promise<Result>): Promise<Result> {
  const client = await ToolClient.connect("supervisor", { folder: world.pipes, reconnect: false });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Resolves to their pids once all of these tools are ready. */
async function ready(world: World, ...names: string[]): Promise<number[]> {
  const pids = new Map<string, number | null>();
  return control(world, async (client) => {
    for await (const { tool } of client.stream("watch", {}, { timeout: Infinity })) {
      const { name, phase, pid } = (tool ?? {}) as Partial<RegistryEntry>;
      if (name !== undefined) pids.set(name, phase === "ready" ? (pid ?? null) : null);
      const found = names.map((wanted) => pids.get(wanted) ?? null);
      if (!found.includes(null)) return found as number[];
    }
    return assert.fail("the daemon went");
  });
}

function nextDaemon(log: Log): Promise<unknown> {
  return log.next(({ msg }) => msg === "running");
}

/** systemd has left the workers alone: it was the next daemon that ended them. */
async function assertSpared(world: World, log: Log, pids: readonly number[]): Promise<void> {
  await ready(world, "echo", "family");
  assert.deepEqual(log.entries().find(({ msg }) => msg === "ended leftover workers")?.["pids"], pids);
}
