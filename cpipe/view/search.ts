import { harmless } from "../terminal/width.ts";
import type { Document } from "./document.ts";
import type { Anchor } from "./layout.ts";

export interface Match {
  /** Where it begins. */
  readonly at: Anchor;
  readonly length: number;
}

/** The text, letter by letter; capitals matter only when there are some. A pattern language could take for ever. */
export function patternOf(text: string): RegExp | null {
  if (text === "") return null;
  const literal = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(literal, /\p{Lu}/u.test(text) ? "gu" : "giu");
}

/** Where the pattern is in a line, in UTF-16 units of it. */
export function matchesIn(text: string, pattern: RegExp): Array<readonly [start: number, end: number]> {
  return [...harmless(text).matchAll(pattern)].map((match) => [match.index, match.index + match[0].length] as const);
}

/** The next match after a place, or the last one before it; past the end it goes on from the other one, and says so. */
export function find(document: Document, pattern: RegExp, from: Anchor | null, forward: boolean): { match: Match; wrapped: boolean } | null {
  const lines = document.blocks.flatMap((block) => block.lines.map((line, at) => ({ block, at: at + block.dropped, text: line.text })));
  const order = forward ? lines : lines.reverse();
  const here = from === null ? 0 : Math.max(0, order.findIndex(({ block, at }) => block === from.block && at === Math.max(from.line, block.dropped)));
  for (let step = 0; step <= order.length; step++) {
    const line = order[(here + step) % order.length];
    if (line === undefined) return null;
    const found = matchesIn(line.text, pattern).filter(([start]) => {
      if (from === null || (step !== 0 && step !== order.length)) return true;
      const isAfter = forward ? start > from.offset : start < from.offset;
      return step === 0 ? isAfter : !isAfter;
    });
    const match = forward ? found[0] : found.at(-1);
    if (match === undefined) continue;
    return { match: { at: { block: line.block, line: line.at, offset: match[0] }, length: match[1] - match[0] }, wrapped: here + step >= order.length };
  }
  return null;
}
