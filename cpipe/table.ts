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

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width?: number;
  /** Titles of what can be done without where there is no room, first what is missed least. */
  readonly spare?: readonly string[];
}

/**
 * Columns as wide as their widest cell, two spaces apart; a column that is empty in every row is left out. Where that is wider than
 * allowed, the columns that can be spared go; where it still is, each row is a paragraph of its own.
 */
export function renderTable(head: readonly string[], rows: readonly Row[], paintHead: (text: string) => string = (text) => text, { width = Infinity, spare = [] }: TableOptions = {}): string {
  for (let gone = 0; gone <= spare.length; gone++) {
    const kept = head.map((title, column) => !spare.slice(0, gone).includes(title) && (column === 0 || rows.some((row) => (row.cells[column]?.text ?? "") !== "")));
    const widths = head.map((title, column) => (kept[column] ? Math.max(widthOf(title), ...rows.map((row) => widthOf(row.cells[column]?.text ?? ""))) : 0));
    const whole = widths.reduce((sum, one) => sum + one, 0) + 2 * (kept.filter(Boolean).length - 1);
    if (whole <= width) return inColumns(head, rows, paintHead, kept, widths);
  }
  return inParagraphs(head, rows, paintHead);
}

function inColumns(head: readonly string[], rows: readonly Row[], paintHead: (text: string) => string, used: readonly boolean[], widths: readonly number[]): string {
  const line = (cells: readonly Cell[]): string => {
    const shown = cells.map((cell, column) => ({ cell, column })).filter(({ column }) => used[column]);
    return shown
      .map(({ cell, column }, index) => {
        const gap = " ".repeat((widths[column] ?? 0) - widthOf(cell.text));
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

/** The first cell, and below it what the others say. */
function inParagraphs(head: readonly string[], rows: readonly Row[], paintHead: (text: string) => string): string {
  const longest = Math.max(...head.slice(1).map(widthOf));
  return rows
    .map(({ cells: [first, ...rest], notes = [] }) => {
      const told = rest.flatMap((cell, at) => {
        const title = head[at + 1] ?? "";
        const label = longest === 0 ? "" : `${paintHead(title)}${" ".repeat(longest - widthOf(title))}  `;
        return cell.text === "" ? [] : [`  ${label}${cell.paint?.(cell.text) ?? cell.text}`];
      });
      return [first?.paint?.(first.text) ?? first?.text ?? "", ...told, ...notes].map((line) => `${line}\n`).join("");
    })
    .join("\n");
}

/** At most so many columns of it, with an ellipsis where something is missing. */
export function shortened(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  let kept = "";
  for (const char of text) {
    if (widthOf(kept + char) >= most) break;
    kept += char;
  }
  return `${kept}…`;
}

/**
 * Columns on a terminal: wide East Asian characters and most emoji take two, combining marks none. That is right for names and sentences. What
 * places a cursor asks terminal/width.ts, which knows the rest as well; its tables take longer to load than a list of the tools to print.
 */
export function widthOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += /\p{Mark}/u.test(char) ? 0 : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(char) ? 2 : 1;
  return columns;
}
