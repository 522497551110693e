import { Inline, type Spoken } from "./inline.ts";

/** What the beginning of a line says of it. */
const BLANK = /^[ \t]*$/;
const QUOTE = /^[ \t]*>$/;
const HEADING = /^[ \t]*#{1,6}[ \t]$/;
const BULLET = /^[ \t]*[-*+•][ \t]$/;
const NUMBER = /^[ \t]*(\d{1,3}[.)])[ \t]$/;
const FENCE = /^[ \t]*(```+|~~~+)/;
const TABLE = /^[ \t]*\|/;
/** Beginnings that may still become one of those, or a rule of dashes. */
const UNDECIDED = /^[ \t]*(?:|#{1,6}|[-*+•]|\d{1,3}[.)]?|`{1,2}|~{1,2}|(?:-[- \t]*|\*[* \t]*|_[_ \t]*|=+)[ \t]*)$/;
const RULE = /^[ \t]*(?:(?:-[ \t]*){2,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$/;
const MOST_HEAD = 200;
const MOST_ROW = 4000;

type Line = "head" | "text" | "heading" | "table" | "fence" | "code";

/**
 * Takes the markup of Markdown out of a text that comes character by character. Line ends within a paragraph are spaces; headings,
 * items and rows of a table are sentences of their own; code in fences is not spoken, nor are rules, addresses of links, and tags.
 */
export class Markdown {
  readonly #out: Spoken;
  readonly #inline: Inline;
  #line: Line = "head";
  /** The beginning of the line, while it is not known what line it is; the row of a table; a line in code. */
  #head = "";
  /** What closes the code. */
  #fence = "";
  /** The last sign that is not white space. */
  #last = "";

  constructor(out: Spoken) {
    this.#out = out;
    this.#inline = new Inline(out);
  }

  /** Whether something is held back. */
  get pending(): boolean {
    return this.#inline.pending || (this.#head.trim() !== "" && this.#line !== "code");
  }

  take(sign: string): void {
    if (sign === "\r") return;
    if (sign === "\n") return this.#lineEnds();
    if (!/\s/.test(sign)) this.#last = sign;
    if (this.#line === "text" || this.#line === "heading") return this.#inline.take(sign);
    if (this.#line === "fence") return;
    this.#head += sign;
    if (this.#line === "head") this.#decide();
    else if (this.#line === "code") this.#head = this.#head.slice(0, MOST_HEAD);
    else if (this.#head.length > MOST_ROW) this.#row();
  }

  /** Lets out what was held back, since nothing comes for a while. */
  release(): void {
    if (this.#line === "head") this.#settle();
    else if (this.#line === "table") this.#row();
    this.#inline.release();
  }

  /** The text ends here. */
  end(): void {
    this.release();
    this.#inline.end();
    this.#line = "head";
    this.#head = this.#fence = this.#last = "";
  }

  #decide(): void {
    const head = this.#head;
    if (QUOTE.test(head)) this.#head = "";
    else if (HEADING.test(head)) this.#begin("heading", "");
    else if (NUMBER.test(head)) this.#begin("text", `${NUMBER.exec(head)![1]} `);
    else if (BULLET.test(head)) {
      this.#out.stop();
      this.#head = ""; // an item may begin with an item, a number or a heading
    } else if (FENCE.test(head)) {
      this.#out.stop();
      this.#fence = FENCE.exec(head)![1]!;
      this.#line = "fence";
      this.#head = "";
    } else if (TABLE.test(head)) {
      this.#out.stop();
      this.#line = "table";
    } else if (!UNDECIDED.test(head) || head.length > MOST_HEAD) this.#settle();
  }

  /** It is a line of text. */
  #settle(): void {
    const head = this.#head;
    this.#line = "text";
    this.#head = "";
    for (const sign of head) this.#inline.take(sign);
  }

  #begin(line: Line, text: string): void {
    this.#out.stop();
    this.#line = line;
    this.#head = "";
    for (const sign of text) this.#inline.take(sign);
  }

  #lineEnds(): void {
    const [line, head] = [this.#line, this.#head];
    this.#head = "";
    this.#line = "head";
    switch (line) {
      case "head":
        if (BLANK.test(head) || RULE.test(head)) return this.#out.stop();
        this.#head = head;
        this.#settle();
        this.#line = "head";
        return this.#textEnds();
      case "text":
        return this.#textEnds();
      case "heading":
        this.#inline.end();
        return this.#out.stop();
      case "table":
        this.#head = head;
        this.#row();
        this.#line = "head";
        return;
      case "fence":
        this.#line = "code";
        return;
      case "code": {
        const closing = FENCE.exec(head)?.[1] ?? "";
        const closes = closing.startsWith(this.#fence) && head.trim() === closing;
        this.#line = closes ? "head" : "code";
      }
    }
  }

  #textEnds(): void {
    this.#inline.end();
    if (this.#last === ":") this.#out.stop();
    else this.#out.gap();
  }

  /** The cells of a row with commas between; nothing of the line below the head of a table. */
  #row(): void {
    const row = this.#head.trim();
    this.#head = "";
    this.#line = "text";
    if (!/^[|:\s-]*$/.test(row)) {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim()).filter((cell) => cell !== "");
      for (const sign of cells.join(", ")) this.#inline.take(sign);
    }
    this.#inline.end();
    this.#out.stop();
  }
}
