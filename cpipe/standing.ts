import type { DeathRecord } from "../pipes/protocol/registry.ts";
import { elapsed, plain, rowOf, stateOf, type ToolLine } from "./describe.ts";
import { asText, isObject } from "./options.ts";
import type { Style } from "./style.ts";
import { renderTable, type Row } from "./table.ts";

const HEAD = ["WHEN", "CAUSE", "BY", "AFTER", "WHAT"];

/** A tool in full, for people: how it stands, and how its last processes have ended. `now` in ms. */
export function standingOf(tool: ToolLine & Record<string, unknown>, style: Style, now: number): string {
  const [, state] = rowOf(tool, style, now).cells;
  const shown = stateOf(tool);
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["state", (state?.paint ?? plain)(shown) + (tool.want === "down" && tool.phase !== "down" ? ", wanted down" : "")],
    ["why", plain(tool.reason ?? "")],
    ["pid", tool.pid === null ? "" : String(tool.pid)],
    ["since", tool.started === null || tool.pid === null ? "" : `${localTime(tool.started)}, for ${elapsed(now - Date.parse(tool.started))}`],
    ["restarts", String(tool.restarts)],
    ["model", plain(tool.model ?? tool.kind)],
    ["keep", asText(tool["keep"] ?? "")],
    ["memory", typeof tool["memory"] === "number" ? `${Math.round(tool["memory"] / 1024 / 1024)} MiB` : ""],
    ["pipe", tool.path],
    ["log", asText(tool["log"] ?? "")],
  ];
  const told = facts.filter(([, value]) => value !== "");
  const width = Math.max(...told.map(([name]) => name.length));
  const lines = told.map(([name, value]) => `  ${style.faint(name.padEnd(width))}  ${value}`);
  const what = asText(tool["description"] ?? "");
  return `${[`${style.strong(tool.name)}${what === "" ? "" : `  ${plain(what)}`}`, ...lines].join("\n")}\n${deathsOf(tool["deaths"], style, now)}`;
}

function deathsOf(deaths: unknown, style: Style, now: number): string {
  const known = Array.isArray(deaths) ? deaths.filter(isDeath) : [];
  if (known.length === 0) return "";
  const rows = known.toReversed().map((death) => rowOfDeath(death, style, now));
  return `\n${known.length === 1 ? "Its last death" : `Its last ${known.length} deaths, the latest first`}:\n${renderTable(HEAD, rows, style.faint, style)}`;
}

function rowOfDeath({ at, cause, code, signal, what, ran }: DeathRecord, style: Style, now: number): Row {
  return {
    cells: [
      { text: `${localTime(at)}, ${elapsed(now - Date.parse(at))} ago` },
      { text: cause, paint: cause === "exit" ? style.faint : style.bad },
      { text: signal ?? (code === null ? "" : `code ${code}`) },
      { text: ran === null ? "" : ran < 1000 ? `${Math.round(ran)}ms` : elapsed(ran), right: true },
      { text: plain(what) },
    ],
  };
}

/** `2026-11-21 10:42:22`, by the clock of whoever looks. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return plain(iso);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${date.toTimeString().slice(0, 8)}`;
}

function isDeath(value: unknown): value is DeathRecord {
  return isObject(value) && typeof value["at"] === "string" && typeof value["cause"] === "string" && typeof value["what"] === "string" && (value["ran"] === null || typeof value["ran"] === "number");
}
