export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** Figures stand at the right of their column. */
  readonly right?: boolean;
}
export interface Row {
  readonly cells: readonly Cell[];
  /** Lines of their own below the row. */
  readonly notes?: readonly string[];
}

/** Columns as wide as their widest cell, two spaces apart; a column that is empty in every row is left out. */
export function renderTable(head: readonly string[], rows: readonly Row[], paintHead: (text: string) => string = (text) => text): string {
  const used = head.map((_, column) => column === 0 || rows.some((row) => (row.cells[column]?.text ?? "") !== ""));
  const widths = head.map((title, column) => Math.max(width(title), ...rows.map((row) => width(row.cells[column]?.text ?? ""))));
  const line = (cells: readonly Cell[]): string => {
    const shown = cells.map((cell, column) => ({ cell, column })).filter(({ column }) => used[column]);
    return shown
      .map(({ cell, column }, index) => {
        const gap = " ".repeat((widths[column] ?? 0) - width(cell.text));
        const text = cell.paint?.(cell.text) ?? cell.text;
        const last = index === shown.length - 1;
        return cell.right ? gap + text : last ? text : text + gap;
      })
      .join("  ")
      .trimEnd();
  };
  const titles = head.map((text, column) => ({ text, paint: paintHead, right: rows.some((row) => row.cells[column]?.right ?? false) }));
  return [line(titles), ...rows.flatMap((row) => [line(row.cells), ...(row.notes ?? [])])].map((text) => `${text}\n`).join("");
}

/** Columns on a terminal: wide East Asian characters and most emoji take two, combining marks none. */
function width(text: string): number {
  let columns = 0;
  for (const char of text) columns += /\p{Mark}/u.test(char) ? 0 : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(char) ? 2 : 1;
  return columns;
}
