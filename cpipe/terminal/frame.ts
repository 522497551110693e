/** What a terminal is to show: whole rows, each with its own escape sequences and those undone at its end. */
export interface Frame {
  readonly rows: readonly string[];
  /** Where the cursor is, from 0; null hides it. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** What turns the terminal from the one frame into the other: only rows that differ are written. */
export function repaint(before: Frame | null, after: Frame): string {
  const rows = after.rows.map((row, at) => (before !== null && before.rows[at] === row ? "" : `\x1b[${at + 1};1H\x1b[2K${row}`)).join("");
  const same = before !== null && before.cursor?.row === after.cursor?.row && before.cursor?.column === after.cursor?.column;
  if (rows === "" && same) return "";
  const cursor = after.cursor === null ? "" : `\x1b[${after.cursor.row + 1};${after.cursor.column + 1}H\x1b[?25h`;
  return `${BEGIN}\x1b[?25l${before === null ? "\x1b[0m\x1b[2J" : ""}${rows}${cursor}${END}`;
}

/** A terminal that knows them shows what is between them at once; others leave them out. */
export const BEGIN = "\x1b[?2026h";
export const END = "\x1b[?2026l";
