import { clustersOf, harmless, TAB_STOP } from "../terminal/width.ts";

/** A row of what is edited: its part of the text, without the line feed at its end. */
export interface EditorRow {
  readonly start: number;
  readonly end: number;
  /** Behind it the line goes on in the next row: its end is that row's beginning. */
  readonly goesOn: boolean;
}

/**
 * The text in rows of at most `columns`, broken where they are full, as an editor does it: each place in the text has one
 * place on the screen. Never empty; a row that is full to the last column has one behind it, for the cursor.
 */
export function rowsOf(text: string, columns: number): EditorRow[] {
  const rows: EditorRow[] = [];
  let lineStart = 0;
  for (const line of text.split("\n")) {
    let start = 0;
    let column = 0;
    for (const cluster of clustersOf(line, 0)) {
      const width = widthAt(line, cluster, column, columns);
      if (column + width > columns && cluster.start > start) {
        rows.push({ start: lineStart + start, end: lineStart + cluster.start, goesOn: true });
        [start, column] = [cluster.start, 0];
      }
      column += widthAt(line, cluster, column, columns);
    }
    const end = lineStart + line.length;
    rows.push({ start: lineStart + start, end, goesOn: column >= columns });
    if (column >= columns) rows.push({ start: end, end, goesOn: false });
    lineStart = end + 1;
  }
  return rows;
}

/** The rows as they are read, without those that are only there for the cursor. */
export function rowsWritten(text: string, columns: number): EditorRow[] {
  return rowsOf(text, columns).filter(({ start, end }, at, all) => start < end || all[at - 1]?.goesOn !== true);
}

export interface Spot {
  readonly row: number;
  readonly column: number;
}

/** Where on the screen a place in the text is. */
export function spotOf(text: string, at: number, rows: readonly EditorRow[], columns: number): Spot {
  const row = rows.findLastIndex(({ start }) => start <= at);
  return { row, column: widthBetween(text, rows[row]?.start ?? 0, at, columns) };
}

/** The place in a row that is nearest to a column from the left. */
export function placeIn(text: string, { start, end, goesOn }: EditorRow, column: number, columns: number): number {
  let at = 0;
  let place = start;
  for (const cluster of clustersOf(text.slice(start, end), 0)) {
    at += widthAt(text, { ...cluster, start: start + cluster.start }, at, columns);
    if (at > column) return place;
    if (!(goesOn && start + cluster.end === end)) place = start + cluster.end; // which is on the next row
  }
  return place;
}

/** A row as it is shown: spaces for tabs. */
export function shown(text: string, { start, end }: EditorRow, columns: number): string {
  const row = text.slice(start, end);
  if (!row.includes("\t")) return harmless(row);
  let out = "";
  let column = 0;
  for (const cluster of clustersOf(row, 0)) {
    const width = widthAt(row, cluster, column, columns);
    out += row[cluster.start] === "\t" ? " ".repeat(width) : row.slice(cluster.start, cluster.end);
    column += width;
  }
  return harmless(out);
}

function widthBetween(text: string, start: number, end: number, columns: number): number {
  let column = 0;
  for (const cluster of clustersOf(text.slice(start, end), 0)) column += widthAt(text, { ...cluster, start: start + cluster.start }, column, columns);
  return column;
}

function widthAt(text: string, { start, width }: { start: number; width: number }, column: number, columns: number): number {
  return text[start] === "\t" ? Math.min(TAB_STOP - (column % TAB_STOP), Math.max(1, columns - column)) : Math.min(width, columns);
}
