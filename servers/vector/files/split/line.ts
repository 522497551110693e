import type { Lines } from "./lines.ts";
import type { Sizes, Unit } from "./unit.ts";

/** One line that is too long, in pieces: behind a sentence where there is one, else behind a word, else at the most. */
export function cutLine(lines: Lines, line: number, heading: readonly string[], sizes: Sizes): Unit[] {
  const { text } = lines;
  const end = lines.ends[line] ?? 0;
  const units: Unit[] = [];
  for (let start = skipSpace(text, lines.starts[line] ?? 0, end); start < end; ) {
    const cut = end - start <= sizes.most ? end : start + placeToCut(text.slice(start, start + sizes.most), sizes);
    units.push({ start, end: cut, line, last: line, heading, bare: false, apart: false });
    start = skipSpace(text, cut, end);
  }
  return units;
}

const SENTENCES = /[.!?。！？]["')\]*_]*(?=\s)|[。！？]/g;
const SPACES = /\s+/g;

function placeToCut(window: string, { target, least }: Sizes): number {
  return nearest(window, SENTENCES, target, least) ?? nearest(window, SPACES, target, least) ?? wholeCharacters(window);
}

/** The end of the match that is nearest to the target, none that would leave a piece too short. */
function nearest(window: string, pattern: RegExp, target: number, least: number): number | null {
  let best: number | null = null;
  for (const match of window.matchAll(pattern)) {
    const at = match.index + match[0].length;
    if (at >= least && (best === null || Math.abs(at - target) < Math.abs(best - target))) best = at;
  }
  return best;
}

/** A character outside of the basic plane is two code units, which belong together. */
function wholeCharacters(window: string): number {
  const code = window.charCodeAt(window.length - 1);
  return code >= 0xd800 && code < 0xdc00 && window.length > 1 ? window.length - 1 : window.length;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && /\s/.test(text.charAt(at))) at += 1;
  return at;
}
