import type { Piece } from "./forms.ts";

export type Kind = "answer" | "reasoning" | "note" | "error";

export interface Line {
  readonly kind: Kind;
  text: string;
  /** It goes on the line before, which had become too long for one. */
  readonly joined: boolean;
}

/** So long may a line be before it goes on in another, so that work on the line that grows stays small. */
const LONGEST_LINE = 16 * 1024;
/** So many UTF-16 units of text are kept. */
const MOST_TEXT = 64 * 1024 * 1024;

/** One answer. It grows at its end only, and may lose its beginning. */
export class Block {
  readonly number: number;
  readonly lines: Line[] = [];
  /** How many lines it has lost: the number of its first one. */
  dropped = 0;
  /** Changes whenever anything in it does. */
  version = 0;
  size = 0;
  /** The document has let it go. */
  isGone = false;

  constructor(number: number) {
    this.number = number;
  }

  append(kind: Kind, text: string): void {
    this.version++;
    this.size += text.length;
    const last = this.lines.at(-1);
    if (last?.kind !== kind) {
      if (last?.text === "" && !last.joined) this.lines.pop(); // what it ended has ended
      this.lines.push({ kind, text: "", joined: false });
    }
    let from = 0;
    for (let feed = text.indexOf("\n"); feed !== -1; feed = text.indexOf("\n", from)) {
      this.#extend(kind, text.slice(from, feed));
      this.lines.push({ kind, text: "", joined: false });
      from = feed + 1;
    }
    this.#extend(kind, text.slice(from));
  }

  /** What was answered, without reasoning, notes and errors. */
  get answer(): string {
    return this.lines.filter(({ kind }) => kind === "answer").map(({ text, joined }, at) => `${joined || at === 0 ? "" : "\n"}${text}`).join("");
  }

  #extend(kind: Kind, text: string): void {
    let rest = text;
    for (;;) {
      const line = this.lines.at(-1) as Line;
      let room = LONGEST_LINE - line.text.length;
      if (rest.length <= room) return void (line.text += rest);
      if (isHigh(rest.charCodeAt(room - 1))) room--; // no character is cut in two
      line.text += rest.slice(0, room);
      rest = rest.slice(room);
      this.lines.push({ kind, text: "", joined: true });
    }
  }
}

/** All answers, in the order in which they began. */
export class Document {
  readonly blocks: Block[] = [];
  /** How many lines were let go, because there were too many. */
  forgotten = 0;
  readonly #most: number;
  #count = 0;

  constructor(most: number = MOST_TEXT) {
    this.#most = most;
  }

  get lines(): number {
    return this.blocks.reduce((sum, { lines }) => sum + lines.length - (lines.at(-1)?.text === "" ? 1 : 0), 0);
  }

  open(): Block {
    const block = new Block(++this.#count);
    this.blocks.push(block);
    return block;
  }

  /** Lets the oldest text go when there is too much. */
  trim(): void {
    let size = this.blocks.reduce((sum, block) => sum + block.size, 0);
    if (size <= this.#most) return;
    while (this.blocks.length > 1 && size > (this.#most * 3) / 4) {
      const block = this.blocks.shift() as Block;
      block.isGone = true;
      size -= block.size;
      this.forgotten += block.lines.length;
    }
    const [block] = this.blocks;
    if (block === undefined || size <= (this.#most * 3) / 4) return;
    const going = block.lines.splice(0, Math.ceil(block.lines.length / 2));
    block.dropped += going.length;
    block.size -= going.reduce((sum, { text }) => sum + text.length + 1, 0);
    block.version++;
    this.forgotten += going.length;
  }
}

/** Puts what one writer says into blocks of its own: one for each answer of its stream. */
export class Feed {
  readonly #document: Document;
  readonly #open = new Map<number, Block>();
  /** Whether anything has come that can be seen. */
  hasSaid = false;

  constructor(document: Document) {
    this.#document = document;
  }

  take(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (piece.kind === "end" && piece.part === null) this.#open.clear();
      else if (piece.kind === "end") this.#open.delete(piece.part ?? 0);
      else if (piece.kind === "note") this.#append(piece.part, "note", piece.text);
      else if (piece.kind === "error") this.#append(0, "error", piece.text);
      else if (piece.kind !== "whole") this.#append(piece.part, piece.kind, piece.text);
    }
    this.#document.trim();
  }

  #append(part: number, kind: Kind, text: string): void {
    let block = this.#open.get(part);
    if (block === undefined || block.isGone) this.#open.set(part, (block = this.#document.open()));
    this.hasSaid = true;
    // A note asks for a line of its own; it has one where another kind of text comes before.
    const last = block.lines.at(-1);
    block.append(kind, kind === "note" && text.startsWith("\n") && (last?.kind !== "note" || last.text === "") ? text.slice(1) : text);
  }
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
