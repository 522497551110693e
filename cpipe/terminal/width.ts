import stringWidth from "string-width";

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
const widths = new Map<string, number>();
const MOST_WIDTHS = 10_000;

/** Columns that the text takes, without tabs and control characters. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const cluster of clustersOf(text, 0)) width += cluster.width;
  return width;
}

/** The clusters from `start` on. */
export function* clustersOf(text: string, start: number): Generator<Cluster> {
  const rest = start === 0 ? text : text.slice(start);
  if (SIMPLE.test(rest)) {
    for (let at = start; at < text.length; at++) yield { start: at, end: at + 1, width: simpleWidth(text.charCodeAt(at)) };
    return;
  }
  for (const { segment, index } of segmenter.segment(rest)) yield { start: start + index, end: start + index + segment.length, width: clusterWidth(segment) };
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

/**
 * The text with whatever could move the cursor, change the terminal or turn the order of what is read replaced by a
 * visible character, one for one, so that places in it stay. Tabs and line feeds are left.
 */
export function harmless(text: string): string {
  return HARMFUL.test(text) ? text.replaceAll(new RegExp(HARMFUL, "gu"), (char) => pictureOf(char.charCodeAt(0))) : text;
}

const ASCII = /^[\x20-\x7e]*$/;
/** Characters that never join with a neighbour, and whose width is plain: Latin, Greek, Cyrillic, lines, kana, ideographs, syllables. */
const SIMPLE = /^[\t\x20-\x7e\u00a0-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0386\u0388-\u0482\u048a-\u052f\u2010-\u2015\u2018-\u2026\u20a0-\u20bf\u2500-\u259f\u3001-\u3029\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const HARMFUL = /(?![\t\n])[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function simpleWidth(code: number): number {
  return code === 9 ? 0 : code < 0x3000 ? 1 : 2;
}

function clusterWidth(segment: string): number {
  if (segment === "\t") return 0;
  const known = widths.get(segment);
  if (known !== undefined) return known;
  if (widths.size >= MOST_WIDTHS) widths.clear();
  const width = stringWidth(segment);
  widths.set(segment, width);
  return width;
}

function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : code === 0x2028 || code === 0x2029 ? "\u2424" : "\ufffd";
}
