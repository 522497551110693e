import { BEGIN, END } from "./frame.ts";
import { widthOfStyled } from "./styled.ts";

/** The last rows of what a terminal shows: they change; what is above them has been said. Each row is no wider than the terminal, and ends plain. */
export interface Live {
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/**
 * What turns the one live part into the other, with whole lines that are said from now on above it. `columns` is how wide
 * the terminal is now: most break rows anew that have become too wide for it, and their cursor stays with its character.
 */
export function advance(before: Live | null, above: string, after: Live, columns: number): string {
  const rows = after.rows.join("\r\n");
  const place = placed(after);
  const stands = before !== null && before.cursor.column < columns && before.rows.every((row) => widthOfStyled(row) <= columns);
  if (stands && above === "" && before.rows.length === after.rows.length) return changes(before, after, columns);
  return `${BEGIN}\x1b[?25l${erased(before, columns)}${above.replaceAll("\n", "\r\n")}${rows}${place}\x1b[?25h${END}`;
}

/** Takes the live part away; the cursor is where it began. */
export function erased(before: Live | null, columns: number): string {
  if (before === null) return "\r\x1b[J";
  const { rows, cursor } = before;
  const above = rows.slice(0, cursor.row).reduce((sum, row) => sum + Math.max(1, Math.ceil(widthOfStyled(row) / columns)), 0);
  return `${up(above + Math.floor(cursor.column / columns))}\r\x1b[J`;
}

/** Only rows that differ are written anew. */
function changes(before: Live, after: Live, columns: number): string {
  let out = "";
  let at = before.cursor.row;
  after.rows.forEach((row, index) => {
    if (row === before.rows[index]) return;
    // Behind a row that fills the last column, erasing would take its last character.
    out += `${moved(at, index)}\r${row}${widthOfStyled(row) < columns ? "\x1b[K" : ""}`;
    at = index;
  });
  if (out === "" && before.cursor.row === after.cursor.row && before.cursor.column === after.cursor.column) return "";
  return `${BEGIN}\x1b[?25l${out}${moved(at, after.cursor.row)}\r${right(after.cursor.column)}\x1b[?25h${END}`;
}

/** From the end of the last row to where the cursor is wanted. */
function placed({ rows, cursor }: Live): string {
  return `${moved(rows.length - 1, cursor.row)}\r${right(cursor.column)}`;
}

function moved(from: number, to: number): string {
  return to < from ? up(from - to) : to > from ? `\x1b[${to - from}B` : "";
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

function right(columns: number): string {
  return columns > 0 ? `\x1b[${columns}C` : "";
}
