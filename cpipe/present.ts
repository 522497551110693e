import { SUPERVISOR } from "../pipes/protocol/names.ts";
import { logLine } from "./logs/line.ts";
import { elapsed, HEAD, plain, rowOf, SPARE, stateOf, type ToolLine } from "./describe.ts";
import { localTime, standingOf } from "./standing.ts";
import { asText, isObject } from "./options.ts";
import type { Presenter } from "./render.ts";
import { foundIn } from "./found.ts";
import { spokenIn } from "./spoken.ts";
import type { Style } from "./style.ts";
import { type Cell, renderTable } from "./table.ts";

/** On a terminal the daemon's answers are said in words; everybody else gets them as they are, but for what a reload does. What a search finds, and when words were spoken, is text for everybody. */
export function presenterFor(tool: string, tty: boolean, style: Style): Presenter {
  if (tool !== SUPERVISOR) {
    const [found, spoken] = [foundIn(tty, style), spokenIn(tty, style)];
    return (event) => found(event) ?? spoken(event);
  }
  return (event) => {
    if (!tty && event.event !== "reloaded") return null;
    switch (event.event) {
      case "tools":
        return Array.isArray(event["tools"]) ? renderTable(HEAD, event["tools"].filter(isTool).map((entry) => rowOf(entry, style, Date.now())), style.faint, { width: style.width, spare: SPARE }) : null;
      case "started":
      case "tool":
        return isTool(event["tool"]) ? toolLine(event["tool"], style) : null;
      case "released":
        return isTool(event["tool"]) ? toolLine(event["tool"], style) : null;
      case "stopped":
        return isTool(event["tool"]) ? `${event["tool"].name} is stopped${usersOf(event["needed_by"])}` : "stopped";
      case "reloaded":
        return Array.isArray(event["changes"]) ? changesTable(event["changes"], event["dry_run"] === true, style) : null;
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
  const name = cmd.toLowerCase();
  if (tool !== SUPERVISOR) return name === "listen" ? Number.POSITIVE_INFINITY : null;
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
  return told.map(([key, value]) => `${style.faint(key.padEnd(width))}  ${plain(factOf(key, value))}`).join("\n");
}

function factOf(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (key === "memory" && typeof value === "number") return mebibytes(value);
  if (key === "uptime" && typeof value === "number") return elapsed(value * 1000);
  if (!isObject(value)) return JSON.stringify(value);
  if (key === "daemon") return `pid ${String(value["pid"])}, since ${localTime(asText(value["started"]))}`;
  if (key === "config") {
    const problems = Array.isArray(value["problems"]) ? value["problems"].map(asText) : [];
    return [asText(value["path"]), ...(problems.length === 0 ? [] : ["not applied:", ...problems])].join(" ");
  }
  if (key === "shared") {
    const needed = Object.entries(isObject(value["expected"]) ? value["expected"] : {}).map(([name, bytes]) => `${name} ${mebibytes(bytes)}`);
    const budget = typeof value["budget"] === "number" ? `budget ${mebibytes(value["budget"])}` : "no budget";
    return `${mebibytes(value["used"])} in use, ${budget}${needed.length === 0 ? "" : `; needed by ${needed.join(", ")}`}`;
  }
  return JSON.stringify(value);
}

/** As in pipes/protocol/metrics.ts: memory in bytes, shares in per cent. */
function metricsTable({ tools, daemon, machine }: Record<string, unknown>, style: Style): string {
  const rows = [...Object.entries(isObject(tools) ? tools : {}), ["(daemon)", daemon] as const].flatMap(([name, use]) =>
    isObject(use) ? [{ cells: [{ text: name, paint: style.strong }, figure(percent(use["cpu"])), figure(mebibytes(use["memory"])), ...workCells(use["work"])] }] : [],
  );
  const memory = isObject(machine) && isObject(machine["memory"]) ? machine["memory"] : {};
  const whole = `machine: ${percent(isObject(machine) ? machine["load"] : undefined)} busy, ${mebibytes(memory["available"])} of ${mebibytes(memory["total"])} free`;
  return `${renderTable(["NAME", "CPU", "MEMORY", "ACTIVE", "WAITING", "SERVED", "FAILED", "RATE"], rows, style.faint, { width: style.width, spare: ["FAILED", "SERVED"] })}${style.faint(whole)}`;
}

/** None for a tool that does not tell. */
function workCells(work: unknown): Cell[] {
  if (!isObject(work)) return [];
  const rate = isObject(work["rate"]) ? plain(`${Number(work["rate"]["value"])} ${asText(work["rate"]["unit"])}`) : "";
  return [...["active", "waiting", "served", "failed"].map((key) => figure(typeof work[key] === "number" ? String(work[key]) : "")), figure(rate)];
}

const figure = (text: string): Cell => ({ text, right: true });
const percent = (value: unknown): string => (typeof value === "number" ? `${value}%` : "");
const mebibytes = (value: unknown): string => (typeof value === "number" ? `${Math.round(value / 1024 / 1024)} MiB` : "?");

/** `{name, kind, fields, outcome, reason}` each: what a reload has done, or would do. */
function changesTable(changes: readonly unknown[], dry: boolean, style: Style): string {
  if (changes.length === 0) return dry ? "nothing would change" : "nothing has changed";
  const rows = changes.filter(isObject).map((change) => ({ cells: [{ text: asText(change["name"]), paint: style.strong }, { text: asText(change["kind"]) }, { text: fieldsIn(change) }, ...(dry ? [] : [{ text: outcomeOf(change), ...tintOf(change, style) }])] }));
  const table = renderTable(["TOOL", "CHANGE", "FIELDS", ...(dry ? [] : ["OUTCOME"])], rows, style.faint, style);
  return dry ? `${table}${style.faint("This is what would be done; nothing was.")}` : table;
}

function fieldsIn({ fields }: Record<string, unknown>): string {
  return Array.isArray(fields) ? fields.map(String).join(", ") : "";
}

/** What has come and gone as it was meant to needs no reason. */
function outcomeOf({ kind, outcome, reason }: Record<string, unknown>): string {
  const plainly = typeof reason !== "string" || (outcome === "done" && (kind === "added" || kind === "removed"));
  return plain(plainly ? asText(outcome) : `${asText(outcome)}: ${reason}`);
}

function tintOf({ outcome }: Record<string, unknown>, style: Style): { paint?: (text: string) => string } {
  return outcome === "failed" || outcome === "rolled back" ? { paint: style.bad } : {};
}

function isTool(value: unknown): value is ToolLine & Record<string, unknown> {
  return isObject(value) && typeof value["name"] === "string" && typeof value["phase"] === "string";
}

