import { clustersOf } from "../terminal/width.ts";
import { mayBreakBetween } from "../terminal/wrap.ts";
import { RESET, type Span, startOf } from "./look.ts";

export interface FlowOptions {
  /** Columns that a line may have, what stands before it included. */
  readonly columns: () => number;
  /** What stands before the first line, and before the others, dressed already; both take `indent` columns. */
  readonly first: string;
  readonly others: string;
  readonly indent: number;
  /** Fewer columns than that no line has; by default room enough to tell an address from a word. */
  readonly least?: number;
}

const LEAST = 12;
const ADDRESS = /^["'(<[]{0,4}https?:\/\//;

/**
 * Text as it comes, broken into lines between words and ideographs. A word is written when its end has come, so that what was written
 * stays; a word longer than a line is broken where the line is full, an address never.
 */
export class Flow {
  readonly #options: FlowOptions;
  #word: Span[] = [];
  #spaces: Span = { text: "", paint: "" };
  #breaks = 0;
  /** Columns of the line that are taken. */
  #column = 0;
  #begun = false;
  #paint = "";
  #out = "";

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  /** Columns that the last line takes, without what stands before it. */
  get column(): number {
    return this.#column;
  }

  /** What can be written now. A line feed breaks the line, once something follows. */
  add(spans: readonly Span[]): string {
    for (const { text, paint } of spans) {
      for (const [piece] of text.matchAll(/[ \t]+|\n|[^ \t\n]+/g)) {
        if (piece === "\n") {
          this.#settle(true);
          this.#spaces = { text: "", paint: "" };
          this.#breaks++;
        } else if (/^[ \t]/.test(piece)) {
          this.#settle(true);
          const { text: before, paint: first } = this.#spaces;
          this.#spaces = { text: before + piece.replaceAll("\t", " "), paint: before === "" ? paint : first };
        } else {
          this.#word.push({ text: piece, paint });
          this.#settle(false);
        }
      }
    }
    return this.#taken();
  }

  /** The rest, without a line feed at its end. */
  end(): string {
    this.#settle(true);
    this.#begin();
    this.#dress("");
    return this.#taken();
  }

  get #room(): number {
    return Math.max(this.#options.least ?? LEAST, this.#options.columns() - this.#options.indent);
  }

  /** Writes what is known of the word: all of it at its end, else what a possible break follows. Its last cluster may still grow. */
  #settle(ended: boolean): void {
    const text = this.#word.map((span) => span.text).join("");
    let isAddress = ADDRESS.test(text);
    const clusters = [...clustersOf(text, 0)];
    if (!ended) clusters.pop();
    let from = 0;
    let width = 0;
    let before = "";
    for (const cluster of clusters) {
      const char = text[cluster.start] ?? "";
      if (cluster.start > from && (mayBreakBetween(before, char) || (!isAddress && width + cluster.width > this.#room))) {
        this.#place(from, cluster.start, width);
        from = cluster.start;
        width = 0;
        isAddress = ADDRESS.test(text.slice(from));
      }
      width += cluster.width;
      before = char;
    }
    if (ended && from < text.length) {
      this.#place(from, text.length, width);
      from = text.length;
    }
    this.#word = cut(this.#word, from, text.length);
  }

  #place(from: number, to: number, width: number): void {
    const spaces = this.#spaces;
    this.#spaces = { text: "", paint: "" };
    for (; this.#breaks > 0; this.#breaks--) this.#newline();
    if (this.#column > 0 && this.#column + spaces.text.length + width > this.#room) this.#newline();
    else if (this.#column > 0 && spaces.text !== "") this.#write(spaces, spaces.text.length);
    for (const span of cut(this.#word, from, to)) this.#write(span, 0);
    this.#column += width;
  }

  #write({ text, paint }: Span, columns: number): void {
    this.#begin();
    this.#dress(paint);
    this.#out += text;
    this.#column += columns;
  }

  #begin(): void {
    if (!this.#begun) this.#out += this.#options.first;
    this.#begun = true;
  }

  #newline(): void {
    this.#begin();
    this.#dress("");
    this.#out += `\n${this.#options.others}`;
    this.#column = 0;
  }

  #dress(paint: string): void {
    if (paint === this.#paint) return;
    this.#out += `${this.#paint === "" ? "" : RESET}${paint === "" ? "" : startOf(paint)}`;
    this.#paint = paint;
  }

  #taken(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}

/** The part of the spans' text from one place to another. */
function cut(spans: readonly Span[], from: number, to: number): Span[] {
  let at = 0;
  return spans.flatMap(({ text, paint }) => {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += text.length;
    return part === "" ? [] : [{ text: part, paint }];
  });
}
