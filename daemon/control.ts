import { isAbsolute, join } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { ToolChange } from "../pipes/protocol/change.ts";
import { type Args } from "../pipes/protocol/interfaces/define.ts";
import { supervisor } from "../pipes/protocol/interfaces/supervisor.ts";
import { SUPERVISOR } from "../pipes/protocol/names.ts";
import type { Registry, RegistryEntry } from "../pipes/protocol/registry.ts";
import type { Call } from "../pipes/rpc/call.ts";
import type { Log } from "../pipes/rpc/log.ts";
import { ToolServer } from "../pipes/rpc/server.ts";
import type { Performed } from "./fleet/changing.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { followLog } from "../logs/follow.ts";
import { readLog } from "../logs/read.ts";
import { Sampler } from "./metrics/sampler.ts";
import type { Residency } from "./residency/residency.ts";
import { watchFleet } from "./watch.ts";
import type { WorkerState } from "./worker/state.ts";
import { isDown } from "./worker/worker.ts";

/** What the control pipe asks of the daemon beside its fleet. */
export interface Controlled {
  readonly fleet: Fleet;
  readonly residency: Residency;
  readonly logs: string;
  snapshot(): Registry;
  /** @throws ToolError `invalid-config` */
  reload(): Promise<Performed[]>;
  /** What `reload` would do. @throws ToolError `invalid-config` */
  plan(file?: string): Promise<ToolChange[]>;
  sweep(): Promise<string[]>;
  /** Looks whether the program that is there now can take this one's place, and how to let it. @throws ToolError `handler-failed`, `stopping` */
  upgrade(): Promise<{ readonly version: string; readonly proceed: () => void }>;
  /** Resolves when no worker is left. */
  stop(reason: string): Promise<void>;
}

type A<C extends keyof (typeof supervisor)["commands"]> = Args<typeof supervisor, C>;

/** The daemon as a tool: `/tmp/tool-supervisor`, in the same protocol as any other. */
export function controlServer(daemon: Controlled, folder: string, log: Log): ToolServer {
  const { fleet, residency } = daemon;
  const sampler = new Sampler(() => fleet.all().map((tool) => ({ name: tool.name, pid: tool.worker.state.pid, request: (...asked) => tool.request(...asked) })));
  // Whether another daemon answers here is the daemon's to find out, and the FIFO its to remove, as with any tool's.
  const server = new ToolServer({ name: SUPERVISOR, description: supervisor.description, folder, state: "running", config: {}, log, supervised: true });
  return server.implement(supervisor, {
    list: async () => {
      await residency.measure();
      return { event: "tools", tools: fleet.entries };
    },
    status: async ({ tool }: A<"status">) => {
      await residency.measure();
      return { event: "status", status: statusOf(daemon, tool) };
    },
    start: ({ tool }: A<"start">, call: Call) => {
      residency.want(fleet.get(tool));
      fleet.start(tool, "asked to start");
      return started(fleet, tool, call);
    },
    restart: ({ tool }: A<"restart">, call: Call) => {
      const { pid } = fleet.get(tool).worker.state;
      residency.want(fleet.get(tool));
      fleet.restart(tool, "asked to restart");
      return started(fleet, tool, call, pid);
    },
    stop: ({ tool }: A<"stop">) => (tool === undefined ? stopAll(daemon) : stopped(fleet, tool)),
    release: async ({ tool }: A<"release">) => {
      await residency.release(fleet.get(tool));
      return { event: "released", tool: fleet.get(tool).entry };
    },
    reload: (args: A<"reload">, call: Call) => reload(daemon, args, call),
    upgrade: async (_: A<"upgrade">, call: Call) => {
      const { version, proceed } = await daemon.upgrade();
      call.onEnd(proceed);
      return { event: "upgrading", version };
    },
    sweep: async () => ({ event: "swept", removed: await daemon.sweep() }),
    logs: ({ tool, ...query }: A<"logs">, call: Call) => logEntries(daemon, tool, query, call.signal),
    watch: ({ every }: A<"watch">, call: Call) => watchFleet(fleet, every === undefined ? null : { sampler, everyMs: every * 1000 }, call.signal),
    metrics: async () => ({ event: "metrics", metrics: await sampler.now() }),
  });
}

/** Waits for what a start comes to. A model may load for long: its progress is told meanwhile. */
async function started(fleet: Fleet, name: string, call: Call, oldPid: number | null = null): Promise<{ event: string; tool: RegistryEntry }> {
  const tool = fleet.get(name);
  const tell = (entry: RegistryEntry): void => {
    if (entry.name === name) call.progress(entry.progress?.stage ?? entry.phase, entry.progress?.value ?? 0, entry.progress?.total ?? null);
  };
  fleet.on("changed", tell);
  call.onEnd(() => fleet.off("changed", tell));
  const settled = (state: WorkerState): boolean =>
    (state.phase === "ready" && state.pid !== oldPid) || state.phase === "failed" || state.phase === "down" || (state.phase === "backoff" && state.deaths > 1) || fleet.isStuck(name);
  const { phase, state, reason } = await tool.until(settled);
  if (phase === "ready" && state !== "error") return { event: "started", tool: fleet.get(name).entry };
  throw new ToolError("not-ready", { tool: name, state: phase === "ready" ? "in error" : phase, reason, hint: `See: cpipe supervisor logs ${name}` });
}

async function reload(daemon: Controlled, { dry_run: dry = false, file }: A<"reload">, call: Call): Promise<{ event: string; changes: ToolChange[]; dry_run?: boolean }> {
  if (file !== undefined && !isAbsolute(file)) throw new ToolError("invalid-request", { path: "$.file", expected: "an absolute path", got: file });
  if (dry) return { event: "reloaded", dry_run: true, changes: await daemon.plan(file) };
  if (file !== undefined) throw new ToolError("invalid-request", { path: "$.file", expected: "no file without dry_run", got: file, hint: "Save it as your tools.yaml to have it applied" });
  return { event: "reloaded", changes: await concluded(daemon.fleet, await daemon.reload(), call) };
}

/** Waits for what the changes come to, but not for those that wait for a tool which does not come by itself. */
async function concluded(fleet: Fleet, performed: readonly Performed[], call: Call): Promise<ToolChange[]> {
  const under = new Map(performed.map(({ now }) => [now.name, now]));
  return new Promise((resolve) => {
    const ended = new Map<string, ToolChange>();
    const conclude = (told: ToolChange): void => {
      ended.set(told.name, ended.get(told.name) ?? told);
      if (ended.size === performed.length) resolve(performed.map(({ now }) => ended.get(now.name) ?? now));
    };
    const look = (entry: RegistryEntry): void => {
      const now = under.get(entry.name);
      if (now === undefined || ended.has(entry.name)) return;
      if (fleet.isStuck(entry.name)) conclude({ ...now, reason: entry.reason });
      else call.progress(`${entry.name} ${entry.progress?.stage ?? entry.phase}`, entry.progress?.value ?? 0, entry.progress?.total ?? null);
    };
    fleet.on("changed", look);
    call.onEnd(() => fleet.off("changed", look));
    for (const entry of fleet.entries) look(entry);
    for (const { end } of performed) void end.then(conclude);
    if (performed.length === 0) resolve([]);
  });
}

/** Those that need it go on without it, and are told of: who stops one tool means that one. */
async function stopped(fleet: Fleet, name: string): Promise<{ event: string; tool: RegistryEntry; needed_by?: string[] }> {
  const tool = fleet.get(name);
  tool.stop("asked to stop");
  const state = await Promise.race([tool.ended().then(() => tool.worker.state), tool.until((now) => now.want === "up")]);
  const users = fleet.usersOf(name);
  if (isDown(state)) return { event: "stopped", tool: tool.entry, ...(users.length === 0 ? {} : { needed_by: users }) };
  throw new ToolError("cancelled", { reason: `meanwhile somebody started ${name} again` });
}

async function stopAll(daemon: Controlled): Promise<{ event: string }> {
  await daemon.stop("asked to stop over its pipe");
  return { event: "stopped" };
}

function statusOf(daemon: Controlled, tool: string | undefined): unknown {
  if (tool !== undefined && tool !== SUPERVISOR) return daemon.fleet.get(tool).entry;
  const { tools: _, ...own } = daemon.snapshot();
  return { ...own, memory: process.memoryUsage.rss(), shared: daemon.residency.status, uptime: Math.round(process.uptime()) };
}

async function* logEntries(daemon: Controlled, tool: string | undefined, query: Omit<A<"logs">, "tool">, signal: AbortSignal) {
  const name = tool === undefined || tool === SUPERVISOR ? "daemon" : daemon.fleet.get(tool).name;
  const path = join(daemon.logs, `${name}.log`);
  const { lines = 50, level, follow = false } = query;
  const wanted = { lines, ...(level === undefined ? {} : { level }) };
  const entries = follow ? followLog(path, wanted, signal) : await readLog(path, wanted);
  for await (const entry of entries) yield { event: "log", entry };
}
