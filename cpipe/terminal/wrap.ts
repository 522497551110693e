import { clustersOf, TAB_STOP } from "./width.ts";

/** Where a row of a line begins and ends, in UTF-16 units; spaces that a break has taken are in no row. */
export type Range = readonly [start: number, end: number];

/** One character can end two rows: that before its word, and that which its word fills. And what is appended can widen or narrow it. */
export const UNSETTLED = 3;

/**
 * Breaks one line (no line feed in it, `harmless`) into rows of at most `columns`: at spaces, between ideographs, else where
 * the row is full. What is appended to the line changes no more than its last `UNSETTLED` rows.
 * @param start where a row begins: 0, or the start of a row that an earlier call has found
 */
export function wrap(text: string, columns: number, start = 0): Range[] {
  if (text.length - start <= columns && PLAIN.test(start === 0 ? text : text.slice(start))) return [[start, text.length]];
  const rows: Range[] = [];
  let row = start;
  let column = 0;
  let breakAt = start;
  let atBreak = 0; // the column of breakAt
  let before = "";
  for (const cluster of clustersOf(text, start)) {
    const char = text[cluster.start] ?? "";
    const isSpace = char === " " || char === "\t";
    const width = char === "\t" ? TAB_STOP - (column % TAB_STOP) : cluster.width;
    if (!isSpace) {
      if (cluster.start > row && mayBreakBetween(before, char)) [breakAt, atBreak] = [cluster.start, column];
      while (column + width > columns && cluster.start > row) {
        const at = breakAt > row ? breakAt : cluster.start;
        rows.push([row, trimmed(text, row, at)]);
        column = at === breakAt ? column - atBreak : 0;
        [row, breakAt, atBreak] = [at, at, 0];
      }
    }
    column += width;
    if (isSpace) [breakAt, atBreak] = [cluster.end, column];
    before = char;
  }
  rows.push([row, column > columns ? trimmed(text, row, text.length) : text.length]);
  return rows;
}

/** Whether a row may end between two clusters with no space there: by an ideograph or an emoji. Each is known by its first unit. */
export function mayBreakBetween(before: string, char: string): boolean {
  return (WIDE.test(char) || WIDE.test(before)) && !NOT_FIRST.has(char) && !NOT_LAST.has(before);
}

const PLAIN = /^[\x20-\x7e]*$/;
/** First units of ideographs, syllables and emoji; whatever is appended to a character, its first unit stays. */
const WIDE = /[\u3001-\u30ff\u3400-\u9fff\uac00-\ud7a3\ud83c-\ud83e\ud840-\ud8bf\uff01-\uff60]/;
/** What a row neither begins nor ends with in East Asian text. */
const NOT_FIRST = new Set("、。，．！？：；）」』】〉》ー々");
const NOT_LAST = new Set("（「『【〈《");

function trimmed(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && (text[at - 1] === " " || text[at - 1] === "\t")) at--;
  return at;
}
