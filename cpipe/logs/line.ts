import { rankOf } from "../../logs/entry.ts";
import { plain } from "../describe.ts";
import { asText } from "../options.ts";
import type { Style } from "../style.ts";

const NAMES: Readonly<Record<number, string>> = { 10: "trace", 20: "debug", 30: "info", 40: "WARN", 50: "ERROR", 60: "FATAL" };

/** A line of a log, for people: time of day, level, message, then the facts. One that is no JSON, as it is. */
export function logLine(entry: Record<string, unknown>, style: Style): string {
  const { time, level, msg, pid: _, hostname: __, ...facts } = entry;
  const when = new Date(typeof time === "number" || typeof time === "string" ? time : Number.NaN);
  const clock = Number.isNaN(when.getTime()) ? "" : `${style.faint(when.toTimeString().slice(0, 8))} `;
  const tail = Object.entries(facts).map(([key, value]) => style.faint(`${key}=${plain(typeof value === "string" ? value : JSON.stringify(value))}`));
  return [`${clock}${levelOf(level, style)}${plain(asText(msg))}`, ...tail].join(" ");
}

function levelOf(level: unknown, style: Style): string {
  if (typeof level !== "number" && typeof level !== "string") return "";
  const rank = rankOf(String(level)) ?? 0;
  const tint = rank >= 50 ? style.bad : rank >= 40 ? style.busy : style.faint;
  return `${tint((NAMES[rank] ?? plain(String(level))).padEnd(5))} `;
}
