import { harmless } from "../terminal/width.ts";
import type { MarkdownStyle } from "./look.ts";

export interface MarkdownOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: MarkdownStyle;
}

/** Markdown as it comes, for a terminal: at most a word behind, or a table. */
export class MarkdownWriter {
  /** Columns from the next line on. */
  width: number;
  #last = "\n";

  constructor({ width }: MarkdownOptions) {
    this.width = width;
  }

  /** What can be written now; ends in the middle of a line as a rule. */
  push(text: string): string {
    if (text !== "") this.#last = text.at(-1) ?? "";
    return harmless(text);
  }

  /** The rest; whatever was written ends in a line feed then. What is pushed afterwards is another text. */
  end(): string {
    const rest = this.#last === "\n" ? "" : "\n";
    this.#last = "\n";
    return rest;
  }
}
