import type { ToolUse } from "../../../pipes/protocol/metrics.ts";
import type { Metrics } from "../../../pipes/protocol/metrics.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import { type Effect, initialModel, type Message, type Model } from "../../../cpipe/top/model.ts";
import { paintFor } from "../../../cpipe/top/paint.ts";
import { screenOf } from "../../../cpipe/top/screen.ts";
import { update } from "../../../cpipe/top/update.ts";
import { widthOf } from "../../../cpipe/terminal/width.ts";
import { entryOf, registryOf } from "../registry.ts";

export const NOW = Date.parse("2026-11-21T10:00:00Z");
const PIPES = "/tmp/pipes";
const MiB = 1024 * 1024;

export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

export function tool(name: string, other: Partial<RegistryEntry> = {}): RegistryEntry {
  return entryOf(name, PIPES, { pid: 4711, started: ago(200), startTime: null, ...other });
}

export function use(cpu: number, other: Partial<ToolUse> = {}): ToolUse {
  return { cpu, memory: 120 * MiB, processes: 1, work: null, ...other };
}

/** What every kind of thing that is shown occurs in. */
export const fleet: readonly RegistryEntry[] = [
  tool("chat", { kind: "chat", model: "hf:Qwen/Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M", state: "inferring", restarts: 2, deaths: [{ at: ago(90), cause: "crash", code: null, signal: "SIGKILL", what: "it was killed (SIGKILL)", ran: 5000 }] }),
  tool("vector", { kind: "vector", model: "builtin", state: "loading", progress: { stage: "download", value: 700 * MiB, total: 1000 * MiB } }),
  tool("tts", { phase: "failed", state: null, pid: null, reason: "it exited with code 3: out of luck; more than 8 deaths within 60 s" }),
  tool("stt", { phase: "resting", state: null, pid: null, started: null }),
  tool("言語モデルと音声認識と音声合成と検索のための道具", { kind: "command", model: "模型".repeat(32) }),
];

export const metrics: Metrics = {
  tools: {
    chat: use(93.4, { memory: 1500 * MiB, work: { active: 3, waiting: 2, served: 41, failed: 1, rate: { value: 41.26, unit: "tokens/s" } } }),
    vector: use(0.2),
  },
  daemon: { memory: 60 * MiB },
  machine: { memory: { total: 16_000 * MiB, available: 9_000 * MiB }, load: 51.3, cores: 8 },
  gpus: [],
};

export function modelWith(columns: number, rows: number, tools: readonly RegistryEntry[] = fleet, problems: string[] = []): Model {
  const registry = registryOf(PIPES, tools, { config: { path: "/home/me/tools.yaml", problems } });
  const messages: Message[] = [{ type: "registry", registry: { ...registry, daemon: { ...registry.daemon, started: ago(7500) } } }, { type: "attached" }, ...tools.map((one): Message => ({ type: "event", event: { event: "tool", tool: one } })), { type: "event", event: { event: "metrics", metrics } }];
  return messages.reduce((model, message) => update(model, message, NOW)[0], initialModel({ columns, rows }));
}

/** The model after keys, by their ids or as the text that is typed, and the effects of the last one. */
export function press(model: Model, ...keys: string[]): [Model, readonly Effect[]] {
  return keys.reduce<[Model, readonly Effect[]]>(([before], id) => [...update(before, { type: "key", key: { id, text: id.length === 1 ? id : id === "space" ? " " : "" } }, NOW)], [model, []]);
}

/** The screen as text, without how it looks. */
export function textOf(model: Model): string[] {
  return rowsOf(model).map((row) => row.replaceAll(/\x1b\[[\d;]*m/g, "").trimEnd()); // oxlint-disable-line no-control-regex
}

export function rowsOf(model: Model): readonly string[] {
  return screenOf(model, NOW, paintFor({})).rows;
}

/** The widest row. */
export function widthsOf(model: Model): number {
  return Math.max(...textOf(model).map(widthOf));
}
