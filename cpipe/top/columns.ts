import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { ToolUse } from "../../pipes/protocol/metrics.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { elapsed, stateOf } from "../describe.ts";
import { widthOf } from "../terminal/width.ts";
import type { Tint } from "./paint.ts";
import { padded, type Span, visible } from "./row.ts";

/** What a row of the table is made from. */
export interface Told {
  readonly tool: RegistryEntry;
  readonly use: ToolUse | null;
  /** The last shares of a core, oldest first. */
  readonly history: readonly number[];
  /** In ms since 1970. */
  readonly now: number;
}

export interface Column {
  readonly title: string;
  /** It is shown in a table of so many columns or more; the least go first. */
  readonly from: number;
  /** As wide as this also when what is in it is short, or nothing: what comes and goes moves nothing else. */
  readonly least?: number;
  /** No wider than this, where the terminal has no room to spare. */
  readonly most: number;
  readonly right?: boolean;
  readonly text: (told: Told) => string;
  readonly tint?: (told: Told) => Tint | undefined;
}

const ROOMY = 100;
const BARS = "▁▂▃▄▅▆▇█";

export const COLUMNS: readonly Column[] = [
  { title: "NAME", from: 0, most: 12, text: ({ tool }) => tool.name, tint: () => "strong" },
  { title: "STATE", from: 0, least: 17, most: 17, text: ({ tool }) => stateOf({ ...tool, progress: null }), tint: ({ tool }) => stateTint(tool) },
  { title: "MODEL", from: 76, most: 8, text: ({ tool }) => tool.model ?? tool.kind },
  { title: "CPU", from: 30, least: 4, most: 5, right: true, text: ({ use }) => (use === null ? "" : `${Math.round(use.cpu)}%`) },
  { title: "LOAD", from: 120, least: 10, most: 10, text: ({ use, history }) => (use === null ? "" : sparkline(history.slice(-10))), tint: () => "faint" },
  { title: "MEMORY", from: 38, least: 7, most: 8, right: true, text: ({ tool, use }) => (tool.pid === null ? "" : memoryOf(use?.memory ?? tool.memory)) },
  { title: "QUEUE", from: 56, least: 5, most: 6, right: true, text: ({ use }) => queueOf(use), tint: ({ use }) => ((use?.work?.waiting ?? 0) > 0 ? "busy" : undefined) },
  { title: "RATE", from: 64, least: 8, most: 13, right: true, text: ({ use }) => rateOf(use) },
  { title: "SERVED", from: 132, most: 8, right: true, text: ({ use }) => (use?.work?.served ? String(use.work.served) : "") },
  { title: "FAILED", from: 132, most: 8, right: true, text: ({ use }) => (use?.work?.failed ? String(use.work.failed) : ""), tint: () => "busy" },
  { title: "RESTARTS", from: 72, most: 8, right: true, text: ({ tool }) => (tool.restarts === 0 ? "" : String(tool.restarts)), tint: () => "busy" },
  { title: "UPTIME", from: 48, most: 7, right: true, text: ({ tool, now }) => (tool.started === null || tool.pid === null ? "" : elapsed(now - Date.parse(tool.started))) },
  { title: "PID", from: 110, most: 8, right: true, text: ({ tool }) => (tool.pid === null ? "" : String(tool.pid)), tint: () => "faint" },
  { title: "LAST DEATH", from: 96, most: 20, text: lastDeath, tint: ({ tool }) => (tool.deaths.at(-1)?.cause === "exit" ? "faint" : "bad") },
];

/** The columns that there is room for, as wide as they need to be. */
export interface Layout {
  /** Spaces between two of them. */
  readonly gap: number;
  readonly columns: ReadonlyArray<{ readonly column: Column; readonly width: number }>;
}

/**
 * Chooses them by what they are for and by the room, and gives what is left to those that would be cut. One that has
 * nothing in it, and keeps no place, is left out.
 */
export function layoutFor(rows: readonly Told[], room: number): Layout {
  const gap = room < ROOMY ? 1 : 2;
  const natural = (column: Column): number => Math.max(0, ...rows.map((told) => widthOf(visible(column.text(told)))));
  let columns = COLUMNS.filter(({ from }) => from <= room).flatMap((column, at) => {
    const told = natural(column);
    if (told === 0 && at > 0 && column.least === undefined) return [];
    const title = widthOf(column.title);
    return [{ column, natural: Math.max(told, title), width: Math.max(column.least ?? 0, title, Math.min(told, column.most)) }];
  });
  const taken = (): number => columns.reduce((sum, { width }) => sum + width + gap, -gap);
  while (columns.length > 2 && taken() > room) {
    const least = columns.reduce((a, b) => (b.column.from > a.column.from ? b : a));
    columns = columns.filter((one) => one !== least);
  }
  let spare = room - taken();
  columns = columns.map((one) => {
    const more = Math.max(0, Math.min(spare, one.natural - one.width));
    spare -= more;
    return { ...one, width: one.width + more };
  });
  // Where even two are too wide, the name gives way.
  const over = Math.max(0, -spare);
  return { gap, columns: columns.map(({ column, width }, at) => ({ column, width: at === 0 ? Math.max(4, width - over) : width })) };
}

/** The cells of a row, apart; titles where there is no row to tell. */
export function cells({ columns, gap }: Layout, told: Told | null): Span[] {
  return columns.map(({ column, width }, at) => {
    const text = padded(told === null ? column.title : column.text(told), width, column.right ?? false);
    return { text: at === 0 ? text : " ".repeat(gap) + text, tint: told === null ? "faint" : column.tint?.(told) };
  });
}

export function sparkline(shares: readonly number[], most = Math.max(100, ...shares)): string {
  return shares.map((share) => BARS[Math.min(BARS.length - 1, Math.floor((share / most) * BARS.length))] ?? " ").join("");
}

export function stateTint({ phase, state }: RegistryEntry): Tint {
  if (phase === "failed" || state === "error") return "bad";
  if (phase === "ready") return state === "loading" || state === "waiting" ? "busy" : state === "released" ? "faint" : "good";
  return phase === "down" || phase === "resting" ? "faint" : "busy";
}

/** `2`, or `1+3`: under way, and those that wait for the model. */
export function queueOf(use: ToolUse | null): string {
  const work = use?.work;
  if (work === null || work === undefined || work.active === 0) return "";
  const waiting = work.waiting ?? 0;
  return waiting === 0 ? String(work.active) : `${work.active - waiting}+${waiting}`;
}

/** `41 tokens/s` */
export function rateOf(use: ToolUse | null): string {
  const rate = use?.work?.rate;
  if (rate === null || rate === undefined) return "";
  return `${rate.value < 10 ? Number(rate.value.toFixed(1)) : Math.round(rate.value)} ${rate.unit === "tokens/s" ? "tok/s" : rate.unit}`;
}

function memoryOf(bytes: number | null): string {
  return bytes === null ? "" : inBytes(bytes);
}

function lastDeath({ tool, now }: Told): string {
  const death = tool.deaths.at(-1);
  return death === undefined ? "" : `${elapsed(now - Date.parse(death.at))} ago: ${death.cause}${death.signal === null ? "" : ` (${death.signal})`}, ${death.what}`;
}
