import { widthOf } from "../terminal/width.ts";
import { Flow } from "./flow.ts";
import { Inline } from "./inline.ts";
import { type MarkdownStyle, painted, paintOf } from "./look.ts";

/** Whether the line divides a table's head from its rows. Source: GFM, tables. */
export function isDivider(line: string): boolean {
  return /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(line.trim()) && line.includes("-");
}

/** The lines of a table, the head and the divider first, in columns; where those would be too narrow, each row as a paragraph. */
export function tableLines(lines: readonly string[], columns: number, style: MarkdownStyle): string[] {
  const [head = [], divider = [], ...rows] = lines.map(cellsOf);
  const sides = head.map((_, at) => sideOf(divider[at] ?? ""));
  const natural = head.map((_, at) => Math.max(1, ...[head, ...rows].map((row, index) => widest(laid(row[at] ?? "", Infinity, style, index === 0)))));
  const widths = fitted(natural, columns - GAP * (head.length - 1));
  if (widths === null) return inParagraphs(head, rows, columns, style);
  const faint = style.coloured ? paintOf({ faint: true }) : "";
  const bar = ` ${painted("│", faint)} `;
  const inColumns = (row: readonly string[], isHead: boolean): string[] => {
    const cells = widths.map((width, at) => laid(row[at] ?? "", width, style, isHead));
    return Array.from({ length: Math.max(...cells.map((cell) => cell.length)) }, (_, line) =>
      cells.map((cell, at) => aligned(cell[line] ?? "", widths[at] ?? 0, sides[at] ?? "left")).join(bar).trimEnd(),
    );
  };
  const rule = painted(widths.map((width) => "─".repeat(width)).join("─┼─"), faint);
  return [...inColumns(head, true), rule, ...rows.flatMap((row) => inColumns(row, false))];
}

/** Between two columns. */
const GAP = 3;
/** A narrower column is none. */
const NARROWEST = 8;

function cellsOf(line: string): string[] {
  return line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

type Side = "left" | "right" | "middle";

function sideOf(divider: string): Side {
  return divider.endsWith(":") ? (divider.startsWith(":") ? "middle" : "right") : "left";
}

/** What is too wide is taken from the widest columns; null when that leaves too little. */
function fitted(natural: readonly number[], room: number): number[] | null {
  const widths = [...natural];
  for (let whole = widths.reduce((sum, width) => sum + width, 0); whole > room; whole--) {
    const at = widths.indexOf(Math.max(...widths));
    if ((widths[at] ?? 0) <= NARROWEST) return null;
    widths[at] = (widths[at] ?? 0) - 1;
  }
  return widths;
}

/** A cell as lines of at most so many columns. */
function laid(cell: string, width: number, style: MarkdownStyle, isHead: boolean): string[] {
  const inline = new Inline(style, isHead ? { bold: true } : {});
  const flow = new Flow({ columns: () => width, least: 1, first: "", others: "", indent: 0 });
  return (flow.add([...inline.push(cell), ...inline.end()]) + flow.end()).split("\n");
}

function aligned(text: string, width: number, side: Side): string {
  const gap = Math.max(0, width - shownWidth(text));
  const left = side === "right" ? gap : side === "middle" ? Math.floor(gap / 2) : 0;
  return " ".repeat(left) + text + " ".repeat(gap - left);
}

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map(shownWidth));
}

function shownWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex -- our own escape codes, which take no columns
  return widthOf(text.replaceAll(/\u001b\[[\d;]*m/g, ""));
}

/** Each cell with its column's title before it, a row after the other. */
function inParagraphs(head: readonly string[], rows: readonly (readonly string[])[], columns: number, style: MarkdownStyle): string[] {
  return rows.flatMap((row, index) => {
    const told = head.flatMap((title, at) => {
      const inTitle = new Inline(style, { bold: true });
      const inCell = new Inline(style);
      const flow = new Flow({ columns: () => columns, first: "", others: "  ", indent: 2 });
      const spans = [...inTitle.push(title), ...inTitle.end(), { text: title === "" ? "" : ": ", paint: "" }, ...inCell.push(row[at] ?? ""), ...inCell.end()];
      return row[at] === undefined || row[at] === "" ? [] : (flow.add(spans) + flow.end()).split("\n");
    });
    return index === 0 ? told : ["", ...told];
  });
}
