import { aimFor } from "./fit.ts";
import { type Sizes, sizeOf, type Unit } from "./unit.ts";

/** Units of one section put together to passages of about equal size; the whole section stays one where it fits. */
export function packSection(units: readonly Unit[], sizes: Sizes): Unit[] {
  const [first, last] = [units[0], units.at(-1)];
  if (first === undefined || last === undefined) return [];
  const total = last.end - first.start;
  if (total <= sizes.most) return [join(first, last, first.heading)];
  const aim = aimFor(total, sizes);
  return gather(units, (packed, next) => {
    const size = next.end - packed.start;
    if (size > sizes.most || (sizeOf(packed) >= sizes.least && !packed.bare && size > aim * SLACK)) return null;
    return join(packed, next, packed.heading);
  });
}

/** What is too short to be found by itself joins its neighbour; a heading with nothing below it joins what follows. */
export function mergeShort(units: readonly Unit[], sizes: Sizes): Unit[] {
  return gather(units, (before, next) => {
    if (before.apart || next.apart) return null;
    const size = next.end - before.start;
    if (before.bare && size <= sizes.most) return join(before, next, isWithin(before.heading, next.heading) ? next.heading : sharedHeading(before, next));
    if (size > sizes.target || Math.min(sizeOf(before), sizeOf(next)) >= sizes.least) return null;
    return join(before, next, sharedHeading(before, next));
  });
}

const SLACK = 1.2;

/** Goes through the units once; `merge` gives what two neighbours become, or null where they stay two. */
function gather(units: readonly Unit[], merge: (packed: Unit, next: Unit) => Unit | null): Unit[] {
  const packed: Unit[] = [];
  for (const next of units) {
    const before = packed.at(-1);
    const merged = before === undefined ? null : merge(before, next);
    if (merged === null) packed.push(next);
    else packed[packed.length - 1] = merged;
  }
  return packed;
}

function join(first: Unit, last: Unit, heading: readonly string[]): Unit {
  return { start: first.start, end: last.end, line: first.line, last: last.last, heading, bare: first.bare && last.bare, apart: false };
}

function isWithin(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.every((title, depth) => inner[depth] === title);
}

/** What two sections have in common; where that is nothing, the first one's heading, for it is where the passage begins. */
function sharedHeading({ heading: one }: Unit, { heading: other }: Unit): readonly string[] {
  const differs = one.findIndex((title, depth) => other[depth] !== title);
  const shared = differs === -1 ? one : one.slice(0, differs);
  return shared.length > 0 ? shared : one.length > 0 ? one : other;
}
