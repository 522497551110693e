import { resolve } from "node:path";
import {
  DefaultSettings,
  HealthSettings,
  LogSettings,
  type LOG_LEVELS,
  type RestartPolicy,
  type Residency,
  RestartSettings,
  TimeoutSettings,
  type ToolSpec,
  type WorkerHealth,
  type WorkerTimeouts,
} from "../../pipes/protocol/spec.ts";
import { parseDuration, parseSize } from "../../pipes/protocol/units.ts";
import { machineMemory } from "../residency/memory.ts";
import { complete, merge } from "./complete.ts";
import { type Entry, schemaOf } from "./entries.ts";
import type { Schema } from "./schemas.ts";

/** `logs:` with defaults filled in. */
export interface LogPolicy {
  readonly level: (typeof LOG_LEVELS)[number];
  /** Bytes. */
  readonly maxSize: number;
  readonly keep: number;
}

/** The spec of a valid entry. Paths are relative to `folder`; what the entry does not say, `defaults` does, then the schema. */
export function specOf(name: string, entry: Entry, defaults: Entry, folder: string): ToolSpec {
  const said = { ...entry, ...mergePolicies(defaults, entry) };
  const full = complete(schemaOf(entry), said) as Entry;
  const cwd = typeof full["cwd"] === "string" ? resolve(folder, full["cwd"]) : defaultFolder(full, folder);
  return {
    name,
    ...runs(full, folder),
    settings: settingsOf(full, typeof full["cwd"] === "string" ? cwd : folder),
    env: Object.fromEntries(Object.entries((said["env"] ?? {}) as Entry).map(([key, value]) => [key, String(value)])),
    cwd,
    description: String(full["description"]),
    autostart: full["autostart"] === true,
    restart: restartPolicy(said["restart"]),
    timeouts: workerTimeouts(said["timeouts"]),
    health: workerHealth(said["health"]),
    keep: residency(said["keep"]),
    priority: Number(full["priority"]),
    pinned: full["pinned"] === true,
    memoryMax: typeof full["memoryMax"] === "number" ? full["memoryMax"] : null,
    needs: namesIn(full["needs"]),
    after: namesIn(full["after"]),
  };
}

/** What is to be said of a tool that no tools.yaml describes any more, to stop it in order: the defaults. */
export function unknownSpec(name: string): ToolSpec {
  return specOf(name, { command: ["false"] }, {}, "/");
}

export function restartPolicy(settings: unknown): RestartPolicy {
  const { policy, backoff, healthyAfter, limit, probe } = complete(RestartSettings, inFull(settings)) as FullRestart;
  return {
    policy,
    backoff: { initialMs: backoff.initial, factor: backoff.factor, maxMs: backoff.max, jitter: backoff.jitter },
    healthyAfterMs: healthyAfter,
    limit: { count: limit.count, windowMs: limit.window },
    probeMs: probe,
  };
}

export function workerTimeouts(settings: unknown): WorkerTimeouts {
  const { start, load, drain, stop, kill } = complete(TimeoutSettings, settings) as Record<"start" | "drain" | "stop" | "kill", number> & { load: number | null };
  return { startMs: start, loadMs: load, drainMs: drain, stopMs: stop, killMs: kill };
}

export function workerHealth(settings: unknown): WorkerHealth {
  const { interval, answer, progress, refuse } = complete(HealthSettings, settings) as { interval: number } & Record<"answer" | "progress" | "refuse", number | null>;
  return { intervalMs: interval, answerMs: answer, progressMs: progress, refuseMs: refuse };
}

export function residency(keep: unknown): Residency {
  if (keep === undefined || keep === "always") return { mode: "always", preload: true, idleMs: null };
  if (keep === "on-demand") return { mode: "on-demand", preload: false, idleMs: null };
  const { idle, preload } = keep as { idle: unknown; preload?: boolean };
  return { mode: "idle", preload: preload ?? true, idleMs: parseDuration(idle) };
}

export function logPolicy(settings: unknown): LogPolicy {
  return complete(LogSettings, settings) as LogPolicy;
}

/** `memory.budget` in bytes; null for `unlimited`. A share is one of `machine`, the bytes that there are. */
export function memoryBudget(settings: unknown, machine: () => number = machineMemory): number | null {
  const { budget } = (settings ?? {}) as { budget?: unknown };
  if (budget === undefined || budget === "unlimited") return null;
  const share = typeof budget === "string" ? /^\s*([\d.]+)\s*%\s*$/.exec(budget)?.[1] : undefined;
  return share === undefined ? parseSize(budget) : Math.round((machine() * Number(share)) / 100);
}

interface FullRestart {
  readonly policy: RestartPolicy["policy"];
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number; readonly jitter: number };
  readonly healthyAfter: number;
  readonly limit: { readonly count: number; readonly window: number };
  readonly probe: number;
}

const namesIn = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map(String) : []);

function mergePolicies(defaults: Entry, entry: Entry): Entry {
  const keys = Object.keys(DefaultSettings.properties).filter((key) => defaults[key] !== undefined || entry[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, key === "restart" ? merge(inFull(defaults[key]), inFull(entry[key])) : merge(defaults[key], entry[key])]));
}

/** `restart: never` is short for `restart: {policy: never}`. */
function inFull(restart: unknown): unknown {
  return typeof restart === "string" ? { policy: restart } : restart;
}

function runs(entry: Entry, folder: string): Pick<ToolSpec, "kind" | "server" | "module" | "command"> {
  if (typeof entry["server"] === "string") return { kind: "server", server: entry["server"] };
  if (typeof entry["module"] === "string") return { kind: "module", module: resolve(folder, entry["module"]) };
  return { kind: "command", command: (entry["command"] as unknown[]).map(String) };
}

/** Whatever a built-in server reads is named by its whole path: a tools.yaml elsewhere is no reason for another process. */
function defaultFolder(entry: Entry, folder: string): string {
  return entry["server"] === undefined ? folder : "/";
}

/** A built-in's settings are those keys of its entry that no other tool has; its paths are made absolute. */
function settingsOf(entry: Entry, folder: string): Readonly<Record<string, unknown>> {
  if (entry["server"] === undefined) return (entry["settings"] ?? {}) as Entry;
  const { properties } = schemaOf(entry) as Schema;
  const settings = Object.entries(entry).filter(([key]) => !notSettings.has(key));
  return Object.fromEntries(settings.map(([key, value]) => [key, located(value, properties?.[key]?.file, folder)]));
}

function located(value: unknown, file: string | undefined, folder: string): unknown {
  return file === undefined || typeof value !== "string" || new RegExp(file).test(value) ? value : resolve(folder, value);
}
const notSettings: ReadonlySet<string> = new Set(["server", "description", "cwd", "needs", "after", ...Object.keys(DefaultSettings.properties)]);
