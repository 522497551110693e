import { beginningOf, isBlank, type Lines } from "./lines.ts";

export interface Heading {
  readonly level: number;
  readonly title: string;
}

/** `# A title ##` */
export function headingAt(lines: Lines, line: number): Heading | null {
  if ((lines.indents[line] ?? 0) > MOST_INDENT) return null;
  const text = beginningOf(lines, line);
  const marks = /^#{1,6}(?=\s|$)/.exec(text)?.[0];
  if (marks === undefined) return null;
  const title = text.slice(marks.length).trim();
  const closing = /(?:^|\s)#+$/.exec(title.slice(-8)); // so many closing marks are enough for anybody, and the search stays short
  return { level: marks.length, title: (closing === null ? title : title.slice(0, title.length - closing[0].length)).trimEnd().slice(0, MOST_TITLE) };
}

/** The level of a heading whose line of `=` or `-` this is, were there a paragraph above. */
export function underlineAt(lines: Lines, line: number): 1 | 2 | null {
  if ((lines.indents[line] ?? 0) > MOST_INDENT) return null;
  const text = beginningOf(lines, line);
  return /^=+$/.test(text) ? 1 : /^-+$/.test(text) ? 2 : null;
}

export interface Fence {
  readonly mark: "`" | "~";
  readonly length: number;
}

/** The beginning of a fence at most three columns further in than `margin`, which is where the block around it has its text. */
export function fenceAt(lines: Lines, line: number, margin: number): Fence | null {
  if ((lines.indents[line] ?? 0) > margin + MOST_INDENT + (margin > 0 ? MOST_MARKER : 0)) return null;
  const text = beginningOf(lines, line);
  const marks = /^(?:`{3,}|~{3,})/.exec(text)?.[0];
  if (marks === undefined || (marks.startsWith("`") && text.includes("`", marks.length))) return null;
  return { mark: marks.startsWith("`") ? "`" : "~", length: marks.length };
}

/** The line behind a fence. One that is not closed goes on to the end of the block around it, or of the file. */
export function fenceEnd(lines: Lines, from: number, { mark, length }: Fence, margin: number): number {
  for (let line = from + 1; line < lines.count; line += 1) {
    if (isBlank(lines, line)) continue;
    if ((lines.indents[line] ?? 0) < margin) return line;
    const text = beginningOf(lines, line);
    if (text.length >= length && text === mark.repeat(text.length)) return line + 1;
  }
  return lines.count;
}

/** Whether a list's item begins here; `first`: a number that may follow right below a paragraph, which only 1 does. */
export function itemAt(lines: Lines, line: number): "bullet" | "first" | "number" | null {
  const match = /^(?:[-*+]|(\d{1,9})[.)])(?=\s\S)/.exec(beginningOf(lines, line));
  if (match === null) return null;
  return match[1] === undefined ? "bullet" : Number(match[1]) === 1 ? "first" : "number";
}

/** A table's head: a line with cells, and one of dashes below it. */
export function startsTable(lines: Lines, line: number): boolean {
  if (line + 1 >= lines.count || isBlank(lines, line + 1) || !beginningOf(lines, line).includes("|")) return false;
  const below = beginningOf(lines, line + 1);
  return below.includes("|") && below.includes("-") && /^[\s|:-]+$/.test(below);
}

/** The line behind the front matter, YAML between lines of `---` or TOML between lines of `+++`; 0 where there is none. */
export function frontMatterEnd(lines: Lines): number {
  const mark = beginningOf(lines, 0);
  if (lines.count === 0 || (mark !== "---" && mark !== "+++")) return 0;
  for (let line = 1; line < lines.count; line += 1) {
    const text = beginningOf(lines, line);
    if (text === mark || (mark === "---" && text === "...")) return line + 1;
  }
  return 0;
}

const MOST_INDENT = 3;
/** Columns of a list's marker, such as `10. `. */
const MOST_MARKER = 4;
const MOST_TITLE = 120;
