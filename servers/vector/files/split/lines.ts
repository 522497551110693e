/** A text by its lines, as numbers only: a file of a million lines costs no million strings. Line numbers here are from 0. */
export interface Lines {
  readonly text: string;
  readonly count: number;
  /** Offset of each line's first character. */
  readonly starts: readonly number[];
  /** Offset behind each line's last character, its line ending not counted. */
  readonly ends: readonly number[];
  /** Columns before each line's first visible character, a tab being up to four; -1 for a line that is blank. */
  readonly indents: readonly number[];
}

/** Lines end with LF, CRLF or a lone CR, as CommonMark has it. A byte order mark is white space and makes no line visible. */
export function linesOf(text: string): Lines {
  const starts: number[] = [];
  const ends: number[] = [];
  const indents: number[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start;
    while (end < text.length && text.charCodeAt(end) !== LF && text.charCodeAt(end) !== CR) end += 1;
    starts.push(start);
    ends.push(end);
    indents.push(indentOf(text, start, end));
    start = end + (text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? 2 : 1);
  }
  return { text, count: starts.length, starts, ends, indents };
}

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const TAB_WIDTH = 4;
const VISIBLE = /\S/;

function indentOf(text: string, start: number, end: number): number {
  let column = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === SPACE) column += 1;
    else if (code === TAB) column += TAB_WIDTH - (column % TAB_WIDTH);
    else if ((code > SPACE && code < 0x80) || VISIBLE.test(text.charAt(at))) return column;
  }
  return -1;
}

export function isBlank(lines: Lines, line: number): boolean {
  return (lines.indents[line] ?? -1) === -1;
}

/** A line without its white space; of a long one no more than its beginning, which is all that tells what kind of line it is. */
export function beginningOf(lines: Lines, line: number): string {
  const start = lines.starts[line] ?? 0;
  return lines.text.slice(start, Math.min(lines.ends[line] ?? start, start + MOST_READ)).trim();
}

const MOST_READ = 400;
