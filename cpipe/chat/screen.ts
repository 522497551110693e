import type { Editor } from "../editor/editor.ts";
import { rowsOf, rowsWritten, shown, spotOf } from "../editor/layout.ts";
import type { Style } from "../style.ts";
import type { Size } from "../terminal/hold.ts";
import type { Live } from "../terminal/scroll.ts";
import { fit, harmless } from "../terminal/width.ts";
import { wrap } from "../terminal/wrap.ts";

const PROMPT = "> ";
const BESIDE = "  ";

/** What the last rows of the terminal show. */
export interface Scene {
  /** Rows of the answer that is being written. */
  readonly tail: readonly string[];
  /** News on a line of its own; empty where there is none. */
  readonly status: string;
  readonly editor: Editor;
}

/** Columns that what is written may take. */
export function editorColumns({ columns }: Size): number {
  return Math.max(1, columns - PROMPT.length);
}

/** The last rows of the terminal: the end of the answer, news, and what is being written. Never more than the screen has. */
export function liveOf({ tail, status, editor }: Scene, size: Size, style: Style): Live {
  const width = editorColumns(size);
  const rows = rowsOf(editor.text, width);
  const spot = spotOf(editor.text, editor.cursor, rows, width);
  const search = editor.search === null ? [] : [style.faint(fit(`${editor.search.missed ? "not found" : "search"}: ${harmless(editor.search.query)}`, size.columns))];
  const news = status === "" ? [] : [style.faint(fit(status, size.columns))];
  const most = Math.max(1, size.rows - news.length - search.length - (tail.length > 0 ? 2 : 0));
  const first = Math.max(0, Math.min(spot.row - Math.floor(most / 2), rows.length - most));
  const written = rows.slice(first, first + most).map((row, index) => `${first + index === 0 ? style.strong(PROMPT) : BESIDE}${shown(editor.text, row, width)}`);
  const room = Math.max(0, size.rows - written.length - news.length - search.length);
  const above = tail.length === 0 || room < 2 ? news : [...tail.slice(-(room - 1)), "", ...news];
  return { rows: [...above, ...written, ...search].map((row) => (size.columns > PROMPT.length ? row : "")), cursor: { row: above.length + spot.row - first, column: Math.min(size.columns - 1, spot.column + PROMPT.length) } };
}

/** A remark of ours, broken at blanks: lines to print. */
export function noteRows(text: string, { columns }: Size, paint: (text: string) => string): string {
  return harmless(text).split("\n").flatMap((line) => wrap(line, columns).map(([start, end]) => `${paint(line.slice(start, end))}\n`)).join("");
}

/** What was sent, as it stays above its answer. */
export function sentRows(text: string, size: Size, style: Style): string {
  const width = editorColumns(size);
  return rowsWritten(text, width).map((row, at) => `${at === 0 ? style.strong(PROMPT) : BESIDE}${shown(text, row, width)}\n`).join("");
}
