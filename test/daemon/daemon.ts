import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { type Running, type World } from "../harness.ts";

/** A real daemon in a world of its own, with an ordinary client of its control pipe. */
export interface Supervised {
  readonly running: Running;
  readonly pid: number;
  readonly control: ToolClient;
  /** The first state of a tool, the present one included, that `holds`. Rejects when the daemon goes. */
  until(name: string, holds: (entry: RegistryEntry) => boolean): Promise<RegistryEntry>;
  ready(name: string): Promise<RegistryEntry & { pid: number }>;
  list(): Promise<RegistryEntry[]>;
  call(cmd: string, args?: object): Promise<ToolEvent>;
  registry(): Registry;
  /** Resolves when a tool is no longer in the list. */
  removed(name: string): Promise<void>;
  /** The registry once it says what the daemon says, and `holds`; it follows within moments. */
  settled(holds?: (registry: Registry) => boolean): Promise<Registry>;
  /** daemon.log. */
  readonly log: Log;
  /** SIGTERM; asserts that it ends well and leaves nothing. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** SIGKILL, with no chance to clear anything away. */
  crash(): Promise<void>;
}

export interface Log {
  entries(): Array<Record<string, unknown>>;
  /** The first entry, past or future, that `holds`. */
  line(holds: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** The first one from now on. */
  next(holds: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

export interface DaemonOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export const configOf = (world: World): string => join(world.env["XDG_CONFIG_HOME"] ?? "", "pipe-tools/tools.yaml");
export const logsOf = (world: World): string => join(world.env["XDG_STATE_HOME"] ?? "", "pipe-tools/logs");
export const registryOf = (world: World): string => join(world.env["XDG_RUNTIME_DIR"] ?? "", "pipe-tools/registry.json");

/** What the tests' tools have in common: quick to give up, so that no test waits for what does not come. */
export const QUICK = "defaults: {timeouts: {drain: 1s, stop: 500ms, kill: 300ms}}\n";

/** Writes tools.yaml as an editor does that writes in place. */
export function configure(world: World, yaml: string): void {
  mkdirSync(dirname(configOf(world)), { recursive: true, mode: 0o700 });
  writeFileSync(configOf(world), yaml);
}

/** Starts the built daemon and connects to it. */
export async function startDaemon(world: World, yaml: string | null, { args = ["--foreground"], env = {} }: DaemonOptions = {}): Promise<Supervised> {
  if (yaml !== null) configure(world, yaml);
  return attach(world, launchDaemon(world, args, env));
}

export function launchDaemon(world: World, args: readonly string[] = ["--foreground"], env: NodeJS.ProcessEnv = {}): Running {
  return world.run("dist/daemon/main.js", args, env);
}

/** Connects to a daemon that runs. */
export async function attach(world: World, running: Running): Promise<Supervised> {
  // The client reads the registry to say why a tool cannot be reached: ours, not that of whoever runs the tests.
  process.env["XDG_RUNTIME_DIR"] = world.env["XDG_RUNTIME_DIR"];
  const control = await connectControl(world, running);
  const tools = new Map<string, RegistryEntry>();
  const looks = new Set<() => void>();
  let gone: unknown = null;
  const watching = (async () => {
    for await (const event of control.stream("watch", {}, { timeout: Infinity })) {
      if (event.event === "tool") tools.set((event["tool"] as RegistryEntry).name, event["tool"] as RegistryEntry);
      if (event.event === "tool_removed") tools.delete(String(event["name"]));
      for (const look of looks) look();
    }
  })().catch((error: unknown) => {
    gone = error;
    for (const look of looks) look();
  });
  const until: Supervised["until"] = (name, holds) =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        looks.delete(look);
        clearTimeout(patience);
      };
      const fail = (why: string): void => {
        settle();
        reject(new Error(`${why} while ${name} was awaited: ${JSON.stringify({ ...tools.get(name), interfaces: [] })}`, { cause: gone }));
      };
      const patience = setTimeout(() => fail("20 s passed"), 20_000);
      const look = (): void => {
        const entry = tools.get(name);
        if (entry !== undefined && holds(entry)) {
          settle();
          resolve(entry);
        } else if (gone !== null) fail("the daemon went");
      };
      looks.add(look);
      look();
    });
  const end = async (signal: NodeJS.Signals): Promise<{ code: number | null }> => {
    const ended = await running.kill(signal);
    await watching;
    await control.close();
    return ended;
  };
  const call: Supervised["call"] = (cmd, args = {}) => control.call(cmd, args, { timeout: 20_000 });
  return {
    running,
    pid: running.pid,
    control,
    until,
    ready: async (name) => (await until(name, ({ phase }) => phase === "ready")) as RegistryEntry & { pid: number },
    list: async () => (await call("list"))["tools"] as RegistryEntry[],
    call,
    registry: () => readRegistry(registryOf(world)) ?? assert.fail("there is no registry"),
    removed: (name) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (tools.has(name)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
      }),
    settled: async (holds = () => true) => {
      for (;;) {
        const entries = await call("list");
        const registry = readRegistry(registryOf(world));
        if (registry !== null && JSON.stringify(Object.values(registry.tools)) === JSON.stringify(entries["tools"]) && holds(registry)) return registry;
      }
    },
    log: daemonLog(join(logsOf(world), "daemon.log")),
    stop: async (signal = "SIGTERM") => {
      const { code } = await end(signal);
      assert.equal(code, 0, running.stderr());
      assertNothingLeft(world);
    },
    crash: async () => void (await end("SIGKILL")),
  };
}

/** The control pipe exists as soon as the daemon says so in its log, which comes before any tool. */
async function connectControl(world: World, running: Running): Promise<ToolClient> {
  for (;;) {
    try {
      return await ToolClient.connect("supervisor", { folder: world.pipes, reconnect: false });
    } catch (error) {
      if (running.child.exitCode !== null) assert.fail(`the daemon ended: ${running.stderr()}`);
      if ((error as { code?: unknown }).code !== "no-such-tool" && (error as { code?: unknown }).code !== "daemon-unreachable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 5)); // a FIFO that comes to be is no event for a test without a daemon
    }
  }
}

export function daemonLog(path: string): Log {
  const entries = (): Array<Record<string, unknown>> => readFileSync(path, "utf8").split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Record<string, unknown>);
  const find = async (from: number, holds: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
    const watcher = watch(path);
    try {
      for (;;) {
        const found = entries().slice(from).find(holds);
        if (found !== undefined) return found;
        await once(watcher, "change");
      }
    } finally {
      watcher.close();
    }
  };
  return { entries, line: (holds) => find(0, holds), next: (holds) => find(entries().length, holds) };
}

/** Resolves once a tool's log has `count` lines that say that it waits, over all its processes. */
export async function begun(world: World, tool: string, count: number): Promise<void> {
  const path = join(logsOf(world), `${tool}.log`);
  const watcher = watch(path);
  try {
    while (readFileSync(path, "utf8").split('"msg":"waiting"').length - 1 < count) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}

export async function pidsOf(daemon: Supervised): Promise<Record<string, number | null>> {
  return Object.fromEntries((await daemon.list()).map(({ name, pid }) => [name, pid]));
}

/** Resolves once there is nothing at a path. */
export async function vanished(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  try {
    while (existsSync(path)) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}

/** No process of this world's tools, no FIFO, no registry. */
export function assertNothingLeft(world: World): void {
  assert.deepEqual({ processes: workersOf(world), pipes: world.leftovers(), registry: readRegistry(registryOf(world)) }, { processes: [], pipes: [], registry: null });
}

/** Pids of live processes that were started as a worker on this world's pipes, or by one. */
export function workersOf(world: World): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isWorker(world, name)).map(Number);
}

function isWorker(world: World, pid: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const zombie = readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    return !zombie && environment.includes(`PIPE_TOOLS_PIPES=${world.pipes}`) && environment.includes("PIPE_TOOLS_SUPERVISED=1");
  } catch {
    return false; // it has ended
  }
}
