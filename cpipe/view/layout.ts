import { harmless } from "../terminal/width.ts";
import { UNSETTLED, wrap } from "../terminal/wrap.ts";
import type { Block, Document, Line } from "./document.ts";

/** A row of text: which line of its block, and which part of that. */
export interface Row {
  /** The line's place in `block.lines`. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** What stands in a row of the whole: a part of a line, or the heading of a block. */
export interface Place {
  readonly block: Block;
  readonly row: Row | null;
}

/** A place in the text that stays where it is when rows change: the line counts those that were let go. */
export interface Anchor {
  readonly block: Block;
  /** -1: the block's heading. */
  readonly line: number;
  readonly offset: number;
}

/** All answers as rows of a given width. Takes in only what has come since the last time; another width costs everything anew. */
export class Layout {
  readonly #document: Document;
  readonly #rows = new Map<Block, BlockRows>();
  #blocks: readonly BlockRows[] = [];
  /** Where each block begins, in rows. */
  #starts: number[] = [];
  #columns = 0;
  total = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  update(columns: number): void {
    if (columns !== this.#columns) this.#rows.clear();
    this.#columns = columns;
    const { blocks } = this.#document;
    for (const block of this.#rows.keys()) if (block.isGone) this.#rows.delete(block);
    this.total = 0;
    this.#starts = [];
    this.#blocks = blocks.map((block, at) => {
      const rows = this.#rows.get(block) ?? new BlockRows(block);
      this.#rows.set(block, rows);
      rows.heading = at > 0 || this.#document.forgotten > 0 ? 1 : 0;
      rows.update(columns);
      this.#starts.push(this.total);
      this.total += rows.heading + rows.rows.length;
      return rows;
    });
  }

  /** Undefined past the end. */
  at(index: number): Place | undefined {
    if (index < 0 || index >= this.total) return undefined;
    let low = 0;
    for (let high = this.#starts.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const block = this.#blocks[low] as BlockRows;
    const within = index - (this.#starts[low] ?? 0) - block.heading;
    return { block: block.block, row: within < 0 ? null : (block.rows[within] ?? null) };
  }

  anchorAt(index: number): Anchor | null {
    const place = this.at(index);
    if (place === undefined) return null;
    return { block: place.block, line: place.row === null ? -1 : place.row.line + place.block.dropped, offset: place.row?.start ?? 0 };
  }

  /** The row in which the place is; the first one when it has been let go. */
  indexOf({ block, line, offset }: Anchor): number {
    const at = this.#blocks.findIndex((candidate) => candidate.block === block);
    const rows = this.#blocks[at];
    if (rows === undefined) return 0;
    const start = this.#starts[at] ?? 0;
    return line < 0 ? start : start + rows.heading + rows.rowOf(line - block.dropped, offset);
  }
}

/** The rows of one block. */
class BlockRows {
  readonly block: Block;
  readonly rows: Row[] = [];
  heading = 0;
  /** The first row of each line. */
  readonly #firsts: number[] = [];
  #version = -1;
  #dropped = 0;

  constructor(block: Block) {
    this.block = block;
  }

  /** Only the last line can have changed, and of that only its last rows. */
  update(columns: number): void {
    const { block, rows } = this;
    if (this.#version === block.version) return;
    if (this.#dropped !== block.dropped || block.lines.length < this.#firsts.length) this.#firsts.length = rows.length = 0;
    this.#version = block.version;
    this.#dropped = block.dropped;
    const grown = this.#firsts.length - 1;
    for (let line = Math.max(0, grown); line < block.lines.length; line++) {
      let start = 0;
      if (line === grown) for (let row = 0; row < UNSETTLED && rows.at(-1)?.line === line; row++) start = rows.pop()?.start ?? 0;
      else this.#firsts[line] = rows.length;
      const text = harmless((block.lines[line] as Line).text);
      if (text === "" && line === block.lines.length - 1) continue; // the line feed before has only ended its line
      for (const [from, to] of wrap(text, columns, start)) rows.push({ line, start: from, end: to });
    }
  }

  rowOf(line: number, offset: number): number {
    if (line < 0) return 0;
    let row = this.#firsts[line] ?? Math.max(0, this.rows.length - 1);
    while (this.rows[row + 1]?.line === line && (this.rows[row + 1]?.start ?? 0) <= offset) row++;
    return row;
  }
}
