import stringWidth from "string-width";

export { harmless } from "./harmless.ts";

/** A piece of text that a terminal shows as one: a letter with its marks, an emoji of several code points. */
export interface Cluster {
  /** Where in the text it begins and ends, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Columns: 0, 1 or 2, more for a few scripts; a tab has 0, as its width depends on where it stands. */
  readonly width: number;
}

export const TAB_STOP = 8;
const segmenter = new Intl.Segmenter();
type Sizes = ReadonlyArray<{ readonly length: number; readonly width: number }>;
/** What short texts were found to consist of; the same few come again and again. */
const known = new Map<string, Sizes>();
const MOST_KNOWN = 10_000;
const LONGEST_KNOWN = 32;

/** Columns that the text takes, without tabs and control characters. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const cluster of clustersOf(text, 0)) width += cluster.width;
  return width;
}

/**
 * The clusters from `start` on. Only the parts of a text where characters could join go through the segmenter, which is slow:
 * between two characters that never join there is always a border.
 */
export function* clustersOf(text: string, start: number): Generator<Cluster> {
  for (let at = start; at < text.length; ) {
    const width = simpleWidth(text, at);
    if (width !== JOINS && (at + 1 === text.length || simpleWidth(text, at + 1) !== JOINS)) {
      yield { start: at, end: ++at, width };
      continue;
    }
    let end = at + 1;
    while (end < text.length && (end - 1 === at || simpleWidth(text, end - 1) === JOINS || simpleWidth(text, end) === JOINS)) end++;
    for (const { length, width } of clustersIn(text.slice(at, end))) yield { start: at, end: (at += length), width };
  }
}

/** No more than so many columns of the text, `…` at its end where something is left out. */
export function fit(text: string, columns: number): string {
  if (ASCII.test(text) && text.length <= columns) return text;
  let width = 0;
  let fits = 0;
  for (const cluster of clustersOf(text, 0)) {
    width += cluster.width;
    if (width > columns) return columns < 1 ? "" : `${text.slice(0, fits)}…`;
    if (width < columns) fits = cluster.end;
  }
  return text;
}

/** The text with spaces in place of tabs, as they stand when it begins in column `from`. */
export function expandTabs(text: string, from = 0): string {
  if (!text.includes("\t")) return text;
  let out = "";
  let column = from;
  for (const { start, end, width } of clustersOf(text, 0)) {
    const isTab = text[start] === "\t";
    const columns = isTab ? TAB_STOP - (column % TAB_STOP) : width;
    out += isTab ? " ".repeat(columns) : text.slice(start, end);
    column += columns;
  }
  return out;
}

const ASCII = /^[\x20-\x7e]*$/;
/** Characters that never join with another of them, and whose width is plain: Latin, Greek, Cyrillic, lines, kana, ideographs, syllables. */
const SIMPLE = /[\t\x20-\x7e\u00a0-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0386\u0388-\u0482\u048a-\u052f\u2010-\u2015\u2018-\u2026\u20a0-\u20bf\u2500-\u259f\u3001-\u3029\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]/;
const UNKNOWN = -2;
const JOINS = -1;
/** The width of each UTF-16 unit that is `SIMPLE`, found when it is first met. */
const simple = new Int8Array(0x10000).fill(UNKNOWN);

function simpleWidth(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (simple[code] === UNKNOWN) simple[code] = SIMPLE.test(text.charAt(at)) ? (code === 9 ? 0 : code < 0x3000 ? 1 : 2) : JOINS;
  return simple[code] as number;
}

function clustersIn(text: string): Sizes {
  const before = known.get(text);
  if (before !== undefined) return before;
  const sizes = [...segmenter.segment(text)].map(({ segment }) => ({ length: segment.length, width: segment === "\t" ? 0 : stringWidth(segment) }));
  if (text.length > LONGEST_KNOWN) return sizes;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, sizes);
  return sizes;
}
