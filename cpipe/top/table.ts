import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { share } from "../status.ts";
import { isWell } from "../describe.ts";
import { cells, layoutFor, type Told } from "./columns.ts";
import { keptOf, type Model, selectedTool, toolsShown } from "./model.ts";
import { padded, type Row, row } from "./row.ts";

const BAR = 20;

/** The tools as rows under a head, the one that was chosen always among them. `now` in ms since 1970. */
export function tableRows(model: Model, height: number, now: number): Row[] {
  const { columns } = model.size;
  const tools = toolsShown(model);
  const told = tools.map((tool): Told => ({ tool, use: keptOf(model.metrics?.tools, tool.name) ?? null, history: keptOf(model.history, tool.name) ?? [], now }));
  const layout = layoutFor(told, columns);
  const chosen = selectedTool(model);
  const notes = tools.map((tool) => notesOf(tool, columns));
  const starts = notes.reduce<number[]>((all, { length }) => [...all, (all.at(-1) ?? 0) + 1 + length], [0]);
  const total = starts.at(-1) ?? 0;
  const room = Math.max(1, height - 1); // where there is room for one row, it is the tool's
  // In the middle, where there are more than fit; so it needs no memory of where it was.
  const at = starts[Math.max(0, tools.findIndex((tool) => tool === chosen))] ?? 0;
  const top = Math.max(0, Math.min(total - room, at - Math.floor(room / 2)));
  const first = starts.findLastIndex((start) => start <= top);
  const rows = told.slice(first, first + room).flatMap((one, index): Row[] => {
    const line = cells(layout, one);
    const isChosen = one.tool === chosen;
    return [isChosen ? [{ text: padded(line.map(({ text }) => text).join(""), columns), tint: "picked" }] : line, ...(notes[first + index] ?? [])];
  });
  const skipped = top - (starts[first] ?? 0);
  return [...(height > 1 ? [cells(layout, null)] : []), ...rows.slice(skipped, skipped + room)];
}

/** Below a tool: how far something long has come, and why it is not well. */
function notesOf(tool: RegistryEntry, columns: number): Row[] {
  const { progress } = tool;
  const bar: Row[] = progress === null ? [] : [[{ text: `  ${progress.stage} ` }, ...progressOf(progress.value, progress.total)]];
  const why: Row[] = tool.reason === null || isWell(tool) ? [] : [[{ text: "  why: ", tint: "faint" }, { text: tool.reason }]];
  return columns < 20 ? [] : [...bar, ...why];
}

function progressOf(value: number, total: number | null): Row {
  if (total === null || total <= 0) return row(value === 0 ? "…" : String(value));
  const done = Math.max(0, Math.min(BAR, Math.floor((value / total) * BAR)));
  const amount = total > 1024 * 1024 ? `  ${inBytes(value)} of ${inBytes(total)}` : "";
  return [{ text: "█".repeat(done), tint: "good" }, { text: "░".repeat(BAR - done), tint: "faint" }, { text: ` ${share(value, total)}${amount}` }];
}
