import { fenceAt, fenceEnd, frontMatterEnd, headingAt, itemAt, startsTable, underlineAt } from "./marks.ts";
import { beginningOf, isBlank, type Lines } from "./lines.ts";

/** A block of Markdown: lines from `from` up to, not including, `to`. */
export type Block =
  | { readonly type: "front" | "fence" | "table" | "item" | "paragraph"; readonly from: number; readonly to: number }
  | { readonly type: "heading"; readonly from: number; readonly to: number; readonly level: number; readonly title: string };

/**
 * The outermost blocks of a Markdown text, in order; only blank lines lie between them. This is no parser of Markdown: it
 * knows as much as is needed to find headings and not to cut what belongs together.
 * Source of the syntax: spec.commonmark.org and, for tables, github.github.com/gfm
 */
export function blocksOf(lines: Lines): Block[] {
  const blocks: Block[] = [];
  let line = frontMatterEnd(lines);
  if (line > 0) blocks.push({ type: "front", from: 0, to: line });
  while (line < lines.count) {
    if (isBlank(lines, line)) {
      line += 1;
      continue;
    }
    const block = blockAt(lines, line);
    blocks.push(block);
    line = block.to;
  }
  return blocks;
}

function blockAt(lines: Lines, from: number): Block {
  const heading = headingAt(lines, from);
  if (heading !== null) return { type: "heading", from, to: from + 1, ...heading };
  const fence = fenceAt(lines, from, 0);
  if (fence !== null) return { type: "fence", from, to: fenceEnd(lines, from, fence, 0) };
  if (startsTable(lines, from)) return { type: "table", from, to: tableEnd(lines, from) };
  if (itemAt(lines, from) !== null) return { type: "item", from, to: itemEnd(lines, from) };
  return paragraphAt(lines, from);
}

function tableEnd(lines: Lines, from: number): number {
  let line = from + 2;
  while (line < lines.count && !isBlank(lines, line) && beginningOf(lines, line).includes("|")) line += 1;
  return line;
}

/** An item with everything that is indented below it, nested items and fences included. */
function itemEnd(lines: Lines, from: number): number {
  const indent = lines.indents[from] ?? 0;
  let end = from + 1;
  for (let line = end; line < lines.count; ) {
    if (isBlank(lines, line)) {
      line += 1;
      continue;
    }
    const own = lines.indents[line] ?? 0;
    const isLazy = line === end; // a line that follows at once belongs to the item, however little it is indented
    if (own <= indent && (!isLazy || itemAt(lines, line) !== null || interrupts(lines, line))) break;
    const fence = own > indent ? fenceAt(lines, line, indent + 1) : null;
    line = fence === null ? line + 1 : fenceEnd(lines, line, fence, indent + 1);
    end = line;
  }
  return end;
}

function paragraphAt(lines: Lines, from: number): Block {
  const first = beginningOf(lines, from);
  const canBeHeading = (lines.indents[from] ?? 0) < 4 && !first.startsWith(">");
  let line = from + 1;
  for (; line < lines.count && !isBlank(lines, line); line += 1) {
    const level = canBeHeading ? underlineAt(lines, line) : null;
    if (level !== null) return { type: "heading", from, to: line + 1, level, title: first };
    const item = itemAt(lines, line);
    if (interrupts(lines, line) || (item !== null && (item === "bullet" || item === "first"))) break;
  }
  return { type: "paragraph", from, to: line };
}

/** What begins a block even right below a paragraph's line. */
function interrupts(lines: Lines, line: number): boolean {
  return headingAt(lines, line) !== null || fenceAt(lines, line, 0) !== null || startsTable(lines, line);
}
