import { lineRow } from "../editor/line.ts";
import type { Frame } from "../terminal/frame.ts";
import type { Size } from "../terminal/hold.ts";
import { expandTabs, fit, harmless, widthOf } from "../terminal/width.ts";
import { helpLines } from "./actions.ts";
import type { Line } from "./document.ts";
import type { Place } from "./layout.ts";
import type { Paint } from "./paint.ts";
import { matchesIn } from "./search.ts";
import { firstRow, type Scene, type View } from "./view.ts";

/** What the last row tells beside the view. */
export interface Surroundings {
  /** Where text comes in, as a path or a word. */
  readonly source: string;
  readonly writers: number;
  readonly paint: Paint;
}

/** The text's rows: all but the last. */
export function heightOf({ rows }: Size): number {
  return Math.max(1, rows - 1);
}

/** The screen as rows; `scene.layout` is up to date for this size. */
export function screenOf(view: View, scene: Scene, size: Size, around: Surroundings): Frame {
  const body = view.mode.kind === "help" ? helpRows(size).slice(view.mode.top) : scene.layout.total === 0 ? emptyRows(size, around) : textRows(view, scene, size, around.paint);
  const rows = Array.from({ length: scene.height }, (_, at) => body[at] ?? "");
  if (size.rows < 2) return { rows, cursor: null };
  const { mode } = view;
  if (mode.kind !== "prompt") return { rows: [...rows, statusRow(view, scene, size, around)], cursor: null };
  const typed = lineRow(mode.asks === "search" ? "/" : "write to: ", mode.editor, size.columns);
  return { rows: [...rows, typed.text], cursor: { row: size.rows - 1, column: typed.cursor } };
}

function textRows(view: View, scene: Scene, size: Size, paint: Paint): string[] {
  const first = firstRow(view, scene);
  const rows: string[] = [];
  for (let at = 0; at < scene.height; at++) {
    const place = scene.layout.at(first + at);
    if (place !== undefined) rows.push(place.row === null ? heading(place, scene, size, paint) : textRow(place, view, paint));
  }
  return rows;
}

function heading({ block }: Place, { document }: Scene, { columns }: Size, paint: Paint): string {
  const isFirst = document.blocks[0] === block;
  const title = isFirst ? `the ${document.forgotten} lines before were let go ` : `${block.number} `;
  return paint.faint(fit(`── ${title}${"─".repeat(Math.max(0, columns - title.length - 3))}`, columns));
}

function textRow({ block, row }: Place, view: View, paint: Paint): string {
  if (row === null) return "";
  const { kind, text } = block.lines[row.line] as Line;
  const dress = kind === "error" ? paint.bad : kind === "answer" ? (words: string) => words : paint.faint;
  let out = "";
  let column = 0;
  const add = (from: number, to: number, how: (words: string) => string): void => {
    const words = expandTabs(harmless(text.slice(from, to)), column);
    column += widthOf(words);
    if (words !== "") out += how(words);
  };
  let at = row.start;
  for (const [from, to] of view.pattern === null ? [] : matchesIn(text, view.pattern)) {
    const [start, end] = [Math.max(from, at), Math.min(to, row.end)];
    if (start >= end) continue;
    const { match } = view;
    const isIt = match !== null && match.at.block === block && match.at.line === row.line + block.dropped && match.at.offset === from;
    add(at, start, dress);
    add(start, end, isIt ? paint.found : paint.match);
    at = end;
  }
  add(at, row.end, dress);
  return out;
}

function statusRow(view: View, scene: Scene, { columns }: Size, { writers, paint }: Surroundings): string {
  const { layout, height, document } = scene;
  const seen = Math.min(layout.total, firstRow(view, scene) + height);
  const percent = layout.total === 0 ? 100 : Math.floor((seen * 100) / layout.total);
  const { lines } = document;
  const left = ` ${view.top === null ? "following" : "stopped, G follows"} · ${writers} writing · ${lines} ${lines === 1 ? "line" : "lines"} · ${percent} %`;
  const message = view.mode.kind === "help" ? (helpLines.length > height ? "up and down show more, any other key goes back" : "any key goes back") : view.message;
  if (message !== "") return paint.status(padded(fit(` ${harmless(message)}`, columns), columns));
  const hints = "? help  q quit ";
  const gap = columns - widthOf(left) - hints.length;
  return paint.status(gap < 1 ? padded(fit(left, columns), columns) : left + " ".repeat(gap) + hints);
}

function emptyRows({ columns }: Size, { source }: Surroundings): string[] {
  const lines = ["Nothing has come yet. What is piped in is shown here, while it comes:", "", `  … | nc -U ${source}`];
  return (source === "standard input" ? ["Nothing has come yet on standard input."] : lines).map((line) => fit(harmless(line), columns));
}

function helpRows({ columns }: Size): string[] {
  const width = Math.max(...helpLines.map(([keys]) => keys.length));
  return helpLines.map(([keys, does]) => fit(` ${keys.padEnd(width)}  ${does}`, columns));
}

function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}
