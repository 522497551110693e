import { clustersOf, fit, harmless, widthOf } from "../terminal/width.ts";
import { wrap } from "../terminal/wrap.ts";
import type { Paint, Tint } from "./paint.ts";

/** Text that looks one way. It may be anybody's: nothing in it gets through to the terminal but what can be seen. */
export interface Span {
  readonly text: string;
  readonly tint?: Tint | undefined;
}

/** A row of the screen, or a line that is still to be broken into rows. */
export type Row = readonly Span[];

export const row = (text: string, tint?: Tint): Row => [{ text, tint }];

/** The row as the terminal gets it: at most so many columns, `…` at the end of one that is longer. */
export function painted(spans: Row, columns: number, paint: Paint): string {
  const shown = spans.map(({ text, tint }) => ({ text: visible(text), tint }));
  const dress = (text: string, tint: Tint | undefined): string => (text === "" || tint === undefined ? text : paint[tint](text));
  if (widthOf(shown.map(({ text }) => text).join("")) <= columns) return shown.map(({ text, tint }) => dress(text, tint)).join("");
  let room = columns;
  let out = "";
  for (const { text, tint } of shown) {
    const width = widthOf(text);
    if (width >= room) return out + dress(cut(text, room), tint);
    out += dress(text, tint);
    room -= width;
  }
  return out;
}

/** Breaks a line at its line feeds and where a row of so many columns is full. */
export function wrapped(line: Row, columns: number): Row[] {
  return splitLines(line).flatMap((one) => {
    const text = one.map((span) => span.text).join("");
    return wrap(text, Math.max(1, columns)).map(([start, end]) => slice(one, start, end));
  });
}

/** Spaces up to `columns`, so that what follows stands in its column; cut where it is wider. */
export function padded(text: string, columns: number, right = false): string {
  const shown = fit(visible(text), columns);
  const gap = " ".repeat(Math.max(0, columns - widthOf(shown)));
  return right ? gap + shown : shown + gap;
}

/** As one row: tabs and line feeds are spaces, what would command the terminal is a sign. */
export function visible(text: string): string {
  return harmless(text).replaceAll(/[\t\n]/g, " ");
}

/** Exactly what fits, its last column an ellipsis: more of the row follows. */
function cut(text: string, columns: number): string {
  if (columns < 1) return "";
  let end = 0;
  let width = 0;
  for (const cluster of clustersOf(text, 0)) {
    if (width + cluster.width > columns - 1) break;
    width += cluster.width;
    end = cluster.end;
  }
  return `${text.slice(0, end)}…`;
}

function splitLines(line: Row): Row[] {
  const lines: Span[][] = [[]];
  for (const { text, tint } of line) {
    for (const [at, part] of harmless(text).replaceAll("\t", "  ").split("\n").entries()) {
      if (at > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ text: part, tint });
    }
  }
  return lines;
}

function slice(line: Row, start: number, end: number): Row {
  let at = 0;
  return line.flatMap(({ text, tint }) => {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, text.length)];
    at += text.length;
    return from < to ? [{ text: text.slice(from, to), tint }] : [];
  });
}
