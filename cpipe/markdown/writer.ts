import { harmless } from "../terminal/width.ts";
import { Flow } from "./flow.ts";
import { Inline } from "./inline.ts";
import { type Look, type MarkdownStyle, painted, paintOf, RESET, startOf } from "./look.ts";
import { Margin } from "./margin.ts";
import { codeStart, type Leaf, lineStart } from "./start.ts";
import { isDivider, tableLines } from "./table.ts";

export interface MarkdownOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: MarkdownStyle;
}

/** What the lines that come are part of. */
type Block =
  | { readonly kind: "text"; readonly inline: Inline; readonly flow: Flow; readonly heading: boolean; /** Some of it has come. */ begun: boolean }
  | { readonly kind: "code"; readonly fence: string; readonly indent: number; /** One line only. */ readonly single: boolean }
  | { readonly kind: "table"; readonly lines: string[] };

/**
 * Markdown as it comes, for a terminal: at most a word, a mark or a table behind. However the text is cut into pieces, what is written is
 * the same; no control character of it is. Lines end where the text has them end, and where the terminal does.
 */
export class MarkdownWriter {
  /** Columns from the next line on. */
  width: number;
  readonly #style: MarkdownStyle;
  #input = "";
  /** A carriage return or half a character, of which the rest has to come. */
  #half = "";
  #atStart = true;
  readonly #margin: Margin;
  #block: Block | null = null;
  /** A blank line has come, and nothing after it. */
  #blank = false;
  #written = false;
  /** The line of code has begun. */
  #inCode = false;
  /** The line was only about how what follows is to be read. */
  #isSpent = false;
  #out = "";

  constructor({ width, style }: MarkdownOptions) {
    this.width = width;
    this.#style = style;
    this.#margin = new Margin(style);
  }

  /** What can be written now; ends in the middle of a line as a rule. */
  push(text: string): string {
    const whole = this.#half + text;
    this.#half = /[\r\ud800-\udbff]$/.exec(whole)?.[0] ?? "";
    this.#input += harmless(whole.slice(0, whole.length - this.#half.length).replaceAll("\r\n", "\n"));
    while (this.#step(false));
    return this.#taken();
  }

  /** The rest; whatever was written ends in a line feed then. What is pushed afterwards is another text. */
  end(): string {
    this.#input += harmless(this.#half);
    this.#half = "";
    while (this.#input !== "") this.#step(true);
    this.#close();
    this.#write(this.#margin.leave(0));
    this.#atStart = true;
    this.#blank = false;
    this.#written = false;
    return this.#taken();
  }

  /** Takes a line, or what there is of one, off the input; false when more has to come. */
  #step(final: boolean): boolean {
    const newline = this.#input.indexOf("\n");
    const line = newline === -1 ? this.#input : this.#input.slice(0, newline);
    const isWhole = newline !== -1 || final;
    if (this.#input === "") return false;
    if (this.#atStart) {
      const consumed = this.#begin(line, isWhole);
      if (consumed === null) return false;
      this.#input = this.#input.slice(consumed);
      this.#atStart = false;
      return true;
    }
    const kept = this.#continue(line, isWhole);
    this.#input = newline === -1 ? kept : this.#input.slice(newline + 1);
    this.#atStart = newline !== -1;
    return newline !== -1;
  }

  /** Reads how a line begins. Returns how much of it that is; null when more has to come. */
  #begin(line: string, isWhole: boolean): number | null {
    if (this.#block?.kind === "code") {
      const start = codeStart(line, isWhole, this.#margin.containers, this.#block);
      if (start === null) return null;
      if (start.ends !== "quote") {
        if (start.ends === "fence") this.#endCode(line.slice(line.search(/[`~]/)).trim());
        return start.consumed;
      }
      this.#endCode(null);
    }
    const inParagraph = this.#block?.kind === "text" && !this.#block.heading;
    const start = lineStart(line, isWhole, this.#margin.containers, inParagraph);
    if (start === null) return null;
    const { kept, opened, leaf, consumed } = start;
    if (this.#block?.kind === "table" && leaf.kind === "row" && opened.length === 0 && kept === this.#margin.containers.length) {
      if (this.#block.lines.length > 1 || isDivider(line.slice(consumed))) return consumed;
    }
    if (leaf.kind === "more") return consumed;
    if (leaf.kind === "underline") this.#underline();
    else this.#close();
    this.#write(this.#margin.leave(kept));
    if (leaf.kind === "blank" && opened.length === 0) {
      this.#blank = true;
      return consumed;
    }
    if (this.#blank && this.#written) this.#write(`${this.#margin.bars}\n`);
    this.#blank = false;
    for (const container of opened) this.#margin.enter(container);
    this.#open(leaf);
    return consumed;
  }

  #open(leaf: Leaf): void {
    switch (leaf.kind) {
      case "text":
        this.#block = this.#text({}, false);
        return;
      case "heading": {
        const heading = this.#text({ bold: true, ...(leaf.level === 1 ? { underlined: true } : {}) }, true);
        if (!this.#style.coloured) this.#write(heading.flow.add([{ text: `${"#".repeat(leaf.level)} `, paint: "" }]));
        this.#block = heading;
        return;
      }
      case "rule":
        this.#write(`${this.#margin.next()}${this.#faint("─".repeat(Math.max(1, this.width - this.#margin.columns)))}\n`);
        return;
      case "fence":
        this.#block = { kind: "code", fence: leaf.fence, indent: leaf.indent, single: false };
        this.#isSpent = true;
        if (!this.#style.coloured) this.#write(`${this.#margin.next()}${leaf.fence}${leaf.info}\n`);
        else if (leaf.info !== "") this.#write(`${this.#margin.next()}${CODE_INDENT}${this.#faint(/^\S+/.exec(leaf.info)?.[0] ?? "")}\n`);
        return;
      case "verbatim":
        this.#block = { kind: "code", fence: "", indent: 0, single: true };
        return;
      case "row":
        this.#block = { kind: "table", lines: [] };
        return;
      case "blank":
      case "more":
      case "underline":
    }
  }

  /** Takes what there is of the line's text. Returns what has to wait for more. */
  #continue(line: string, isWhole: boolean): string {
    const block = this.#block;
    if (block === null || this.#isSpent) {
      this.#isSpent &&= !isWhole;
      return "";
    }
    if (block.kind === "table") {
      if (!isWhole) return line;
      block.lines.push(line);
      return "";
    }
    if (block.kind === "code") {
      this.#code(line, isWhole);
      return "";
    }
    // Number signs at the end of a heading are not part of it.
    const [closing = ""] = block.heading ? ((block.begun ? /[ \t]+#*[ \t]*$/ : /(?:^|[ \t]+)#*[ \t]*$/).exec(line) ?? []) : [];
    const text = line.slice(0, line.length - closing.length);
    block.begun ||= text !== "";
    this.#write(block.flow.add(block.inline.push(isWhole && !block.heading ? `${text}\n` : text)));
    return isWhole ? "" : closing;
  }

  #code(line: string, isWhole: boolean): void {
    const { coloured } = this.#style;
    if (!this.#inCode && line !== "") this.#write(`${this.#margin.next()}${coloured ? `${CODE_INDENT}${startOf(paintOf({ code: true }))}` : ""}`);
    if (!this.#inCode && line === "" && isWhole) this.#write(this.#margin.bars);
    this.#inCode ||= line !== "";
    this.#write(line);
    if (!isWhole) return;
    this.#write(`${this.#inCode && coloured ? RESET : ""}\n`);
    this.#inCode = false;
    if (this.#block?.kind === "code" && this.#block.single) this.#block = null;
  }

  /** Ends the block that is open, and the line. */
  #close(): void {
    const block = this.#block;
    this.#block = null;
    if (block?.kind === "text") this.#write(`${block.flow.add(block.inline.end())}${block.flow.end()}\n`);
    else if (block?.kind === "code") {
      this.#block = block;
      this.#endCode(null);
    } else if (block?.kind === "table") this.#table(block.lines);
  }

  #endCode(closing: string | null): void {
    if (this.#inCode) this.#write(`${this.#style.coloured ? RESET : ""}\n`);
    this.#inCode = false;
    this.#block = null;
    if (closing !== null && !this.#style.coloured) this.#write(`${this.#margin.next()}${closing}\n`);
  }

  /** What has begun like a table and is none is a paragraph. */
  #table(lines: readonly string[]): void {
    if (lines.length > 1) {
      for (const line of tableLines(lines, this.width - this.#margin.columns, this.#style)) this.#write(`${this.#margin.next()}${line}\n`);
      return;
    }
    const { inline, flow } = this.#text({}, false);
    this.#write(`${flow.add([...inline.push(lines.join("\n")), ...inline.end()])}${flow.end()}\n`);
  }

  /** The line before was a heading, as it turns out. */
  #underline(): void {
    const columns = this.#block?.kind === "text" ? this.#block : null;
    this.#close();
    this.#write(`${this.#margin.next()}${this.#faint("═".repeat(Math.max(1, columns?.flow.column ?? 1)))}\n`);
  }

  #text(look: Look, heading: boolean): Block & { kind: "text" } {
    const indent = this.#margin.columns;
    const first = this.#margin.next();
    return { kind: "text", heading, begun: false, inline: new Inline(this.#style, look), flow: new Flow({ columns: () => this.width, first, others: this.#margin.next(), indent }) };
  }

  #faint(text: string): string {
    return painted(text, this.#style.coloured ? paintOf({ faint: true }) : "");
  }

  #write(text: string): void {
    if (text !== "") this.#written = true;
    this.#out += text;
  }

  #taken(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}

const CODE_INDENT = "  ";
