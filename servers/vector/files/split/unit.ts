import { isBlank, type Lines } from "./lines.ts";

/** A piece of a text on its way to becoming a passage: from one offset to another, never blank at either end. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  /** First and last line, from 0. */
  readonly line: number;
  readonly last: number;
  /** From the outermost heading inwards. */
  readonly heading: readonly string[];
  /** Nothing but headings: it says nothing without what follows. */
  readonly bare: boolean;
  /** Stays by itself, however short it is. */
  readonly apart: boolean;
}

/** In UTF-16 code units. */
export interface Sizes {
  /** What a passage should have. */
  readonly target: number;
  /** A passage shorter than this is put together with its neighbour. */
  readonly least: number;
  /** What no passage exceeds. */
  readonly most: number;
}

/** The lines from `from` up to, not including, `to`, without blank ones at either end; null when all are blank. */
export function unitOf(lines: Lines, from: number, to: number, heading: readonly string[] = []): Unit | null {
  let line = from;
  let last = to - 1;
  while (line <= last && isBlank(lines, line)) line += 1;
  while (last >= line && isBlank(lines, last)) last -= 1;
  if (line > last) return null;
  return { start: lines.starts[line] ?? 0, end: lines.ends[last] ?? 0, line, last, heading, bare: false, apart: false };
}

export function sizeOf({ start, end }: Pick<Unit, "start" | "end">): number {
  return end - start;
}
