import { inBytes } from "../pipes/protocol/quantity.ts";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import { share } from "./status.ts";
import type { Style } from "./style.ts";
import type { Row } from "./table.ts";

/** The part of a registry entry that a line about a tool is made from. */
export interface ToolLine extends Pick<RegistryEntry, "name" | "path" | "kind" | "model" | "want" | "state" | "reason" | "progress" | "memory" | "pid" | "started" | "restarts" | "note"> {
  /** A phase of the daemon's, or a word for a tool that is not the daemon's. */
  readonly phase: string;
}

export const HEAD = ["NAME", "STATE", "PID", "MODEL", "MEMORY", "UPTIME", "RESTARTS", "PIPE"];

/** What a narrow terminal does without, first what is missed least. */
export const SPARE = ["PIPE", "RESTARTS", "UPTIME", "MEMORY", "MODEL", "PID"];

/** A tool as a row under HEAD, with the reason below it where it is not well. `now` in ms. */
export function rowOf(tool: ToolLine, style: Style, now: number): Row {
  const cells = [
    { text: tool.name, paint: style.strong },
    { text: stateOf(tool), paint: paintOf(tool, style) },
    { text: tool.pid === null ? "" : String(tool.pid), right: true },
    { text: plain(tool.model ?? tool.kind) },
    { text: tool.memory === null || tool.pid === null ? "" : inBytes(tool.memory), right: true },
    { text: tool.started === null || tool.pid === null ? "" : elapsed(now - Date.parse(tool.started)), right: true },
    { text: tool.restarts === 0 ? "" : String(tool.restarts), right: true },
    { text: tool.path },
  ];
  return { cells, notes: tool.reason === null || isWell(tool) ? [] : [`  ${style.faint("why:")} ${plain(tool.reason)}`] };
}

/** `ready (idle)`, `ready (loading 45%)`, `backoff`, … */
export function stateOf({ phase, state, progress }: Pick<ToolLine, "phase" | "state" | "progress">): string {
  const how = progress === null ? "" : share(progress.value, progress.total);
  const own = state === null || state === phase ? "" : state;
  const stage = progress === null || [own, phase].includes(progress.stage) ? own : `${own} ${progress.stage}`.trim();
  const detail = `${stage} ${how}`.trim();
  return detail === "" ? phase : `${phase} (${plain(detail)})`;
}

/** Milliseconds as `42s`, `5m`, `3h 20m`, `2d 4h`. */
export function elapsed(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** What others wrote, on one line, without control characters and what turns the order of what is read: a terminal obeys those. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
}

export function isWell({ phase, want, state, note }: ToolLine): boolean {
  if (note !== undefined) return false;
  if (phase === "down") return want === "down";
  if (phase === "resting") return true;
  return phase === "ready" && state !== "error" && state !== "waiting";
}

function paintOf(tool: ToolLine, style: Style): (text: string) => string {
  if (tool.phase === "failed" || tool.state === "error") return style.bad;
  if (tool.phase === "ready") return tool.state === "loading" || tool.state === "waiting" ? style.busy : tool.state === "released" ? style.faint : style.good;
  return tool.phase === "down" || tool.phase === "resting" ? style.faint : style.busy;
}
