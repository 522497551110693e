import { markdownStyle } from "../markdown/look.ts";
import { MarkdownWriter } from "../markdown/writer.ts";
import { lookAfter, rowsOfStyled } from "../terminal/styled.ts";
import { UNSETTLED, wrap } from "../terminal/wrap.ts";
import { expandTabs, harmless } from "../terminal/width.ts";

const PLAIN_LOOK = "\x1b[0m";

/**
 * An answer on its way to the terminal: whole lines, to be printed for good, and the line that is still being written,
 * whose rows are shown meanwhile. What the model thinks comes before and between, faint.
 */
export class AnswerText {
  readonly #writer: MarkdownWriter;
  readonly #faint: (text: string) => string;
  /** What was written since the last line feed, and the look that it begins with. */
  #line = "";
  #look = "";
  /** The line of a thought that has not ended; null while none is written. */
  #thought: string | null = null;
  /** Empty lines that are printed when something follows. */
  #blank = 0;
  #begun = false;

  constructor(columns: number, faint: (text: string) => string) {
    this.#writer = new MarkdownWriter({ width: columns, style: markdownStyle() });
    this.#faint = faint;
  }

  /** Whether anything of it can be seen. */
  get begun(): boolean {
    return this.#begun || this.#line !== "" || this.#thought !== null;
  }

  /** A piece of the answer. Gives lines to print. */
  text(piece: string, columns: number, rows: number): string {
    this.#writer.width = columns;
    const before = this.#thought === null ? "" : this.#thoughtEnds(columns);
    return before + this.#take(this.#writer.push(piece)) + this.#overflow(columns, rows);
  }

  /** A piece of what the model thinks. Gives lines to print. */
  thought(piece: string, columns: number): string {
    const before = this.#thought === null ? this.pause() : "";
    const [first = "", ...more] = harmless(piece).split("\n");
    let out = before;
    let line = (this.#thought ?? "") + first;
    for (const next of more) {
      out += this.#lines(this.#thoughtRows(line, columns));
      line = next;
    }
    const rows = wrap(line, columns);
    const settled = rows[rows.length - UNSETTLED - 1];
    const rest = rows[rows.length - UNSETTLED];
    if (settled !== undefined && rest !== undefined) {
      out += this.#lines(this.#thoughtRows(line.slice(0, settled[1]), columns));
      line = line.slice(rest[0]);
    }
    this.#thought = line;
    return out;
  }

  /** Something else comes in between: the line that is being written ends. Gives lines to print. */
  pause(): string {
    if (this.#thought !== null) return this.#thoughtEnds(this.#writer.width);
    return this.#take(this.#writer.end());
  }

  /** The rows of what is still being written. */
  tail(columns: number): string[] {
    if (this.#thought !== null) return this.#thoughtRows(this.#thought, columns);
    return this.#line === "" ? [] : rowsOfStyled(this.#line, columns, this.#look);
  }

  #thoughtEnds(columns: number): string {
    const line = this.#thought ?? "";
    this.#thought = null;
    const out = line.trim() === "" ? "" : this.#lines(this.#thoughtRows(line, columns));
    this.#blank = 1;
    return out;
  }

  #thoughtRows(line: string, columns: number): string[] {
    return wrap(line, columns).map(([start, end]) => this.#faint(expandTabs(line.slice(start, end))));
  }

  #take(written: string): string {
    const [first = "", ...more] = written.split("\n");
    let out = "";
    this.#line += first;
    for (const next of more) {
      out += this.#lines([this.#finished()]);
      this.#line = next;
    }
    return out;
  }

  /** The line as it is printed: complete in itself. */
  #finished(): string {
    const look = lookAfter(this.#line, this.#look);
    const line = this.#look + this.#line + (look === "" ? "" : PLAIN_LOOK);
    this.#look = look;
    this.#line = "";
    return line;
  }

  /** A line that is longer than the screen has room for is printed as far as its last row. */
  #overflow(columns: number, most: number): string {
    const rows = rowsOfStyled(this.#line, columns, this.#look);
    if (rows.length <= most) return "";
    const last = rows.pop() ?? "";
    const open = lookAfter(this.#line, this.#look) !== "";
    [this.#line, this.#look] = [open ? last.slice(0, -PLAIN_LOOK.length) : last, ""];
    return this.#lines(rows);
  }

  /** Lines for good. Empty ones wait for what follows, so that none stand at the beginning or the end. */
  #lines(lines: readonly string[]): string {
    let out = "";
    for (const line of lines) {
      if (isEmpty(line)) {
        if (this.#begun) this.#blank++;
        continue;
      }
      out += `${this.#begun ? "\n".repeat(this.#blank) : ""}${line}\n`;
      this.#blank = 0;
      this.#begun = true;
    }
    return out;
  }
}

function isEmpty(line: string): boolean {
  // oxlint-disable-next-line no-control-regex -- a look alone shows nothing
  return /^(?:\x1b\[[0-9;:]*m|\s)*$/.test(line);
}
