import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { assertNothingLeft, configure, daemonLog, type Log, logsOf } from "../daemon/daemon.ts";
import { type Manager, startManager } from "./manager.ts";

export interface Service {
  readonly world: World;
  readonly manager: Manager;
  readonly log: Log;
}

/** `settings` go into a drop-in, as `systemctl edit` writes one. */
export async function startService(t: TestContext, config: string, settings = ""): Promise<Service> {
  const world = makeWorld();
  const manager = await startManager(t, world);
  mkdirSync(unitFolder(world), { recursive: true });
  const { stdout } = await manager.run(process.execPath, [join(root, "dist/cpipe.cjs"), "--print-service"]);
  writeFileSync(join(unitFolder(world), "pipe-tools.service"), stdout);
  dropIn(world, settings);
  configure(world, config);
  await manager.systemctl("daemon-reload");
  process.env["XDG_RUNTIME_DIR"] = world.env["XDG_RUNTIME_DIR"]; // where clients look for the registry
  await manager.systemctl("start", "pipe-tools");
  return { world, manager, log: daemonLog(join(logsOf(world), "daemon.log")) };
}

/** In the service's control group there would be every stray of a stray; systemd removes it some time after the last one. */
export async function leftNothing(world: World, manager: Manager): Promise<void> {
  assertNothingLeft(world);
  const group = await manager.property("ControlGroup");
  assert.equal((await manager.run("cat", [`/sys/fs/cgroup${group || "/none"}/cgroup.procs`])).stdout, "");
  await manager.close();
  await world.close();
}

export function dropIn(world: World, settings: string): void {
  const folder = join(unitFolder(world), "pipe-tools.service.d");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "override.conf"), `${settings}\n`);
}

export function unitFolder(world: World): string {
  return join(world.env["XDG_CONFIG_HOME"] ?? "", "systemd/user");
}

/** The daemon's pid, which is never 0: a signal to that number would be one to the tests themselves. */
export async function mainPid(manager: Manager): Promise<number> {
  const pid = Number(await manager.property("MainPID"));
  assert.ok(pid > 1, "the service does not run");
  return pid;
}

/** Uses the control pipe of the daemon that runs now. */
export async function control<Result>(world: World, use: (client: ToolClient) => Promise<Result>): Promise<Result> {
  const client = await ToolClient.connect("supervisor", { folder: world.pipes, reconnect: false });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Resolves to their pids once all of these tools are ready. */
export async function ready(world: World, ...names: string[]): Promise<number[]> {
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

export function nextDaemon(log: Log): Promise<unknown> {
  return log.next(({ msg }) => msg === "running");
}
