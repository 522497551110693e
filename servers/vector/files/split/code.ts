import { fit } from "./fit.ts";
import { beginningOf, isBlank, type Lines } from "./lines.ts";
import { isCloser, nameOf } from "./naming.ts";
import { mergeShort } from "./pack.ts";
import { type Sizes, sizeOf, type Unit, unitOf } from "./unit.ts";

/**
 * Code by its outermost blocks, in whatever language: what begins at the margin behind a blank line, or behind what closed
 * a block, begins a block. So a comment stays with what it is written above. A block that is too long is cut the same way
 * one indentation further in, and so on.
 */
export function splitCode(lines: Lines, sizes: Sizes): Unit[] {
  return mergeShort(splitRange(lines, { from: 0, to: lines.count, level: 0, depth: 0, heading: [] }, sizes), sizes);
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** Columns: what is indented no further can begin a block. */
  readonly level: number;
  /** How many indentations further in than the margin; bounds the time. */
  readonly depth: number;
  readonly heading: readonly string[];
}

const MOST_DEPTH = 6;

function splitRange(lines: Lines, range: Range, sizes: Sizes): Unit[] {
  const starts = blockStarts(lines, range);
  return starts.flatMap((from, index) => splitBlock(lines, { ...range, from, to: starts[index + 1] ?? range.to }, sizes));
}

function splitBlock(lines: Lines, range: Range, sizes: Sizes): Unit[] {
  const { from, to, level, depth } = range;
  const name = nameOf(lines, from, to);
  const heading = name === null || name === range.heading.at(-1) ? range.heading : [...range.heading, name];
  const unit = unitOf(lines, from, to, heading);
  if (unit === null) return [];
  if (sizeOf(unit) <= sizes.most) return [unit];
  const inner = depth < MOST_DEPTH ? nextLevel(lines, from, to, level) : null;
  return inner === null ? fit(lines, from, to, heading, sizes) : splitRange(lines, { from, to, level: inner, depth: depth + 1, heading }, sizes);
}

function blockStarts(lines: Lines, { from, to, level }: Range): number[] {
  const starts = [from];
  let closed = false; // the line before, blank ones aside, closed a block of this level
  for (let line = from; line < to; line += 1) {
    if (isBlank(lines, line)) continue;
    const isOuter = (lines.indents[line] ?? 0) <= level;
    const closes = isOuter && isCloser(beginningOf(lines, line));
    if (isOuter && !closes && line > from && (closed || isBlank(lines, line - 1))) starts.push(line);
    closed = closes;
  }
  return starts;
}

/** The next indentation in a block that is further in than `level`. */
function nextLevel(lines: Lines, from: number, to: number, level: number): number | null {
  let next: number | null = null;
  for (let line = from; line < to; line += 1) {
    const indent = lines.indents[line] ?? -1;
    if (indent > level && (next === null || indent < next)) next = indent;
  }
  return next;
}
