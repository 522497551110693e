import { SUPERVISOR } from "../pipes/protocol/names.ts";
import { HEAD, plain, rowOf, stateOf, type ToolLine } from "./describe.ts";
import { standingOf } from "./standing.ts";
import { asText, isObject } from "./options.ts";
import type { Presenter } from "./render.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** On a terminal the daemon's answers are said in words; everybody else gets them as they are. */
export function presenterFor(tool: string, tty: boolean, style: Style): Presenter {
  if (tool !== SUPERVISOR || !tty) return () => null;
  return (event) => {
    switch (event.event) {
      case "tools":
        return Array.isArray(event["tools"]) ? renderTable(HEAD, event["tools"].filter(isTool).map((entry) => rowOf(entry, style, Date.now())), style.faint) : null;
      case "started":
      case "tool":
        return isTool(event["tool"]) ? toolLine(event["tool"], style) : null;
      case "stopped":
        return isTool(event["tool"]) ? `${event["tool"].name} is stopped${usersOf(event["needed_by"])}` : "stopped";
      case "reloaded":
        return Array.isArray(event["changes"]) ? changeLines(event["changes"]) : null;
      case "swept":
        return Array.isArray(event["removed"]) ? (event["removed"].length === 0 ? "nothing to remove" : event["removed"].map((path) => `removed ${String(path)}`).join("\n")) : null;
      case "status":
        if (isTool(event["status"])) return standingOf(event["status"], style, Date.now());
        return isObject(event["status"]) ? statusLines(event["status"], style) : null;
      case "metrics":
        return isObject(event["metrics"]) ? metricsTable(event["metrics"], style) : null;
      case "log":
        return isObject(event["entry"]) ? logLine(event["entry"], style) : null;
      default:
        return null;
    }
  };
}

/** A model may take minutes to load, and a tool minutes to stop where tools.yaml says so. */
const CHANGE_MS = 10 * 60_000;

/** How long silence is normal, in ms: what tells of events as they happen may have nothing to tell. Null: the usual timeout. */
export function patienceWith(tool: string, cmd: string): number | null {
  if (tool !== SUPERVISOR) return null;
  const name = cmd.toLowerCase();
  if (["watch", "logs"].includes(name)) return Number.POSITIVE_INFINITY;
  return ["start", "restart", "stop", "reload"].includes(name) ? CHANGE_MS : null;
}

function usersOf(users: unknown): string {
  return Array.isArray(users) ? `; ${users.join(", ")} ${users.length === 1 ? "needs" : "need"} it, and ${users.length === 1 ? "goes" : "go"} on without it` : "";
}

function toolLine(entry: ToolLine, style: Style): string {
  const [, state] = rowOf(entry, style, Date.now()).cells;
  const pid = entry.pid === null ? "" : style.faint(` pid ${entry.pid}`);
  const why = entry.reason === null || entry.phase === "ready" ? "" : `: ${plain(entry.reason)}`;
  return `${style.strong(entry.name)} ${state?.paint?.(state.text) ?? stateOf(entry)}${pid}${why}`;
}

/** The daemon itself, line by line. */
function statusLines(status: Record<string, unknown>, style: Style): string {
  const told = Object.entries(status).filter(([, value]) => value !== null);
  const width = Math.max(...told.map(([key]) => key.length));
  return told.map(([key, value]) => `${style.faint(key.padEnd(width))}  ${plain(typeof value === "string" ? value : JSON.stringify(value))}`).join("\n");
}

/** `{tools: {NAME: {cpu, memory, processes}}, daemon: {memory}, machine: {memory: {total, available}, load}}`; memory in bytes, the rest in per cent. */
function metricsTable({ tools, daemon, machine }: Record<string, unknown>, style: Style): string {
  const rows = [...Object.entries(isObject(tools) ? tools : {}), ["(daemon)", daemon] as const].flatMap(([name, use]) =>
    isObject(use) ? [{ cells: [{ text: name, paint: style.strong }, { text: percent(use["cpu"]), right: true }, { text: mebibytes(use["memory"]), right: true }] }] : [],
  );
  const memory = isObject(machine) && isObject(machine["memory"]) ? machine["memory"] : {};
  const whole = `machine: ${percent(isObject(machine) ? machine["load"] : undefined)} busy, ${mebibytes(memory["available"])} of ${mebibytes(memory["total"])} free`;
  return `${renderTable(["NAME", "CPU", "MEMORY"], rows, style.faint)}${style.faint(whole)}`;
}

const percent = (value: unknown): string => (typeof value === "number" ? `${value}%` : "");
const mebibytes = (value: unknown): string => (typeof value === "number" ? `${Math.round(value / 1024 / 1024)} MiB` : "?");

function changeLines(changes: readonly unknown[]): string {
  if (changes.length === 0) return "nothing has changed";
  return changes.map((change) => (isObject(change) ? Object.values(change).map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("  ") : String(change))).join("\n");
}

const LEVELS: Readonly<Record<number, string>> = { 10: "trace", 20: "debug", 30: "info", 40: "WARN", 50: "ERROR", 60: "FATAL" };

/** A line of pino's, for people: time of day, level, message, then the facts. */
function logLine(entry: Record<string, unknown>, style: Style): string {
  const { time, level, msg, pid: _, hostname: __, ...facts } = entry;
  const when = new Date(typeof time === "number" || typeof time === "string" ? time : Number.NaN);
  const clock = Number.isNaN(when.getTime()) ? "" : `${style.faint(when.toTimeString().slice(0, 8))} `;
  const name = (typeof level === "number" ? LEVELS[level] : undefined) ?? asText(level);
  const tint = typeof level === "number" && level >= 50 ? style.bad : level === 40 ? style.busy : style.faint;
  const tail = Object.entries(facts).map(([key, value]) => style.faint(`${key}=${plain(typeof value === "string" ? value : JSON.stringify(value))}`));
  return [`${clock}${tint(name.padEnd(5))} ${plain(asText(msg))}`, ...tail].join(" ");
}

function isTool(value: unknown): value is ToolLine & Record<string, unknown> {
  return isObject(value) && typeof value["name"] === "string" && typeof value["phase"] === "string";
}

