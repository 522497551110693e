import { LEVELS } from "../../logs/entry.ts";
import type { LogLine } from "../../logs/merge.ts";
import { logLine } from "../logs/line.ts";
import { styleFor } from "../style.ts";
import type { Key } from "../terminal/keys.ts";
import { bodyHeight, type Model, type Page, selectedTool, type Updated } from "./model.ts";
import { rowsOf, scrolled } from "./pane.ts";
import { BACK } from "./reading.ts";
import type { Row } from "./row.ts";
import type { Tint } from "./paint.ts";

type Logs = Extract<Page, { kind: "logs" }>;

/** So many lines are kept of what is shown. */
const MOST_LINES = 2000;
const levels = Object.keys(LEVELS).filter((level) => level !== "fatal");

/** Shows a log as it is written, or all of them. */
export function followed(model: Model, tool: string | null, level: string): Updated {
  return [{ ...model, page: { kind: "logs", tool, level, lines: [], scroll: null } }, [{ do: "follow", log: tool, level }]];
}

export function pressedInLogs(model: Model, page: Logs, key: Key): Updated {
  if (BACK.has(key.id)) return [{ ...model, page: { kind: "fleet" } }, [{ do: "unfollow" }]];
  const at = levels.indexOf(page.level);
  if (key.id === "+" || key.id === "-") {
    const level = levels[at + (key.id === "+" ? 1 : -1)];
    return level === undefined ? [model, []] : followed(model, page.tool, level);
  }
  if (key.id === "a") return followed(model, page.tool === null ? (selectedTool(model)?.name ?? null) : null, page.level);
  const total = rowsOf(page.lines, model.size.columns).length;
  return [{ ...model, page: { ...page, scroll: scrolled(total, page.scroll, key.id, bodyHeight(model), true) } }, []];
}

/** What is read stays where it is, also when the oldest lines go. */
export function afterLogged(model: Model, lines: readonly LogLine[]): Model {
  const { page } = model;
  if (page.kind !== "logs") return model;
  const all = [...page.lines, ...lines.map((line) => rowOf(line, page.tool === null))];
  const gone = all.length <= MOST_LINES ? [] : all.slice(0, all.length - MOST_LINES);
  const scroll = page.scroll === null ? null : Math.max(0, page.scroll - rowsOf(gone, model.size.columns).length);
  return { ...model, page: { ...page, lines: gone.length === 0 ? all : all.slice(gone.length), scroll } };
}

const noStyle = styleFor(false);

function rowOf({ log, entry }: LogLine, named: boolean): Row {
  const rank = LEVELS[entry.level ?? ""] ?? 30;
  const tint: Tint | undefined = rank >= 50 ? "bad" : rank >= 40 ? "busy" : undefined;
  return [...(named ? [{ text: `${log} `, tint: "strong" } as const] : []), { text: logLine(entry, noStyle), tint }];
}
