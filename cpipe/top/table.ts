import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { share } from "../status.ts";
import { isWell } from "../describe.ts";
import { cells, layoutFor, type Told } from "./columns.ts";
import { type Model, selectedTool, toolsShown } from "./model.ts";
import { padded, type Row, row } from "./row.ts";

const BAR = 20;

/** The tools as rows under a head, the one that was chosen always among them. `now` in ms since 1970. */
export function tableRows(model: Model, height: number, now: number): Row[] {
  const { columns } = model.size;
  const tools = toolsShown(model);
  const told = tools.map((tool): Told => ({ tool, use: model.metrics?.tools[tool.name] ?? null, history: model.history[tool.name] ?? [], now }));
  const layout = layoutFor(told, columns);
  const chosen = selectedTool(model);
  const blocks = told.map((one): Row[] => {
    const line = cells(layout, one);
    return [one.tool === chosen ? [{ text: padded(line.map(({ text }) => text).join(""), columns), tint: "picked" }] : line, ...notesOf(one.tool, columns)];
  });
  const at = tools.findIndex((tool) => tool === chosen);
  const before = blocks.slice(0, Math.max(0, at)).flat().length;
  const room = Math.max(1, height - 1);
  const rows = blocks.flat();
  // In the middle, where there are more than fit; so it needs no memory of where it was.
  const top = Math.max(0, Math.min(rows.length - room, before - Math.floor(room / 2)));
  return [cells(layout, null), ...rows.slice(top, top + room)];
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
