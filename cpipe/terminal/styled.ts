import { clustersOf, widthOf } from "./width.ts";

/** Sequences that only say how text looks. Source: ECMA-48 §8.3.117, SGR. */
// oxlint-disable-next-line no-control-regex -- it is what such a sequence begins with
const LOOK = /\x1b\[[0-9;:]*m/g;
const PLAIN_LOOK = "\x1b[0m";

/** Columns of a row with sequences for its look. */
export function widthOfStyled(text: string): number {
  return widthOf(text.replaceAll(LOOK, ""));
}

/** The look that a text ends with, as the sequences for it; empty when it ends plain. */
export function lookAfter(text: string, look = ""): string {
  for (const [sequence] of text.matchAll(LOOK)) look = PLAIN.test(sequence) ? "" : look + sequence;
  return look;
}

/**
 * A line with sequences for its look as rows of at most `columns`, each complete in itself: it begins with the look that
 * the one before has ended with, and ends plain.
 */
export function rowsOfStyled(line: string, columns: number, look = ""): string[] {
  const rows: string[] = [];
  let row = look;
  let column = 0;
  const add = (text: string): void => {
    for (const { start, end, width } of clustersOf(text, 0)) {
      if (column + width > columns && column > 0) {
        rows.push(closed(row, look));
        [row, column] = [look, 0];
      }
      row += text.slice(start, end);
      column += width;
    }
  };
  let at = 0;
  for (const match of line.matchAll(LOOK)) {
    add(line.slice(at, match.index));
    row += match[0];
    look = lookAfter(match[0], look);
    at = match.index + match[0].length;
  }
  add(line.slice(at));
  return [...rows, closed(row, look)];
}

// oxlint-disable-next-line no-control-regex
const PLAIN = /^\x1b\[[0;:]*m$/;

function closed(row: string, look: string): string {
  return look === "" ? row : row + PLAIN_LOOK;
}
