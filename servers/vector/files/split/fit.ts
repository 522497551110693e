import { cutLine } from "./line.ts";
import { isBlank, type Lines } from "./lines.ts";
import { type Sizes, sizeOf, type Unit, unitOf } from "./unit.ts";

/**
 * A range of lines as one unit where it fits; otherwise in pieces of about equal size, cut between lines and by preference
 * behind a paragraph or a sentence. A line that is too long by itself is cut inside.
 */
export function fit(lines: Lines, from: number, to: number, heading: readonly string[], sizes: Sizes): Unit[] {
  const whole = unitOf(lines, from, to, heading);
  if (whole === null) return [];
  if (sizeOf(whole) <= sizes.most) return [whole];
  const aim = aimFor(sizeOf(whole), sizes);
  const units: Unit[] = [];
  let first: number | null = null;
  const flush = (end: number): void => {
    const unit = first === null ? null : unitOf(lines, first, end, heading);
    if (unit !== null) units.push(unit);
    first = null;
  };
  for (let line = whole.line; line <= whole.last; line += 1) {
    if (isBlank(lines, line)) continue;
    const [start, end] = [lines.starts[line] ?? 0, lines.ends[line] ?? 0];
    if (end - start > sizes.most) {
      flush(line);
      for (const piece of cutLine(lines, line, heading, sizes)) units.push(piece);
      continue;
    }
    if (first !== null && end - (lines.starts[first] ?? 0) > sizes.most) flush(line);
    first ??= line;
    const size = end - (lines.starts[first] ?? 0);
    if (size >= aim * SLACK || (size >= aim / SLACK && isPause(lines, line))) flush(line + 1);
  }
  flush(whole.last + 1);
  return units;
}

/** How far from its aim a piece may end for the sake of a better place. */
const SLACK = 1.2;
const SENTENCE_END = /[.!?:;。！？]["')\]*_]*$/;

/** What each of several pieces of about the same size, none far above the target, would have. */
export function aimFor(size: number, { target }: Sizes): number {
  return size / Math.max(1, Math.round(size / target));
}

function isPause(lines: Lines, line: number): boolean {
  if (line + 1 < lines.count && isBlank(lines, line + 1)) return true;
  const end = lines.ends[line] ?? 0;
  return SENTENCE_END.test(lines.text.slice(Math.max(lines.starts[line] ?? 0, end - 8), end).trimEnd());
}
