import { renameSync, writeFileSync } from "node:fs";
import { appendLines, readOwn } from "../conversations/file.ts";
import { typable } from "./editor.ts";

/** Entries that are kept, and bytes from which on the file is written anew with those. */
const MOST_ENTRIES = 1000;
const MOST_BYTES = 1024 * 1024;
/** A text longer than this is no sentence that one would look for again. */
const LONGEST = 64 * 1024;

/** What was sent in this and in earlier conversations, the latest last: in a file to which all terminals add. */
export class History {
  readonly #path: string;
  #entries: string[];

  /** @throws ToolError `unsafe-file`, `not-ours`, `file-failed` */
  constructor(path: string) {
    this.#path = path;
    const text = readOwn(path) ?? "";
    this.#entries = text.split("\n").flatMap(entryIn).slice(-MOST_ENTRIES);
    if (text.length > MOST_BYTES) this.#rewrite();
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Adds what was sent, unless it is what was sent last. @throws ToolError as `appendLines` */
  add(text: string): void {
    if (text === "" || text.length > LONGEST || this.#entries.at(-1) === text) return;
    this.#entries = [...this.#entries, text];
    appendLines(this.#path, null, [JSON.stringify(text)]);
  }

  #rewrite(): void {
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, this.#entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { flag: "wx", mode: 0o600 });
    renameSync(draft, this.#path);
  }
}

/** A line of the file; nothing where it is none that we wrote. */
function entryIn(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "string" ? [typable(value)] : [];
  } catch {
    return []; // empty, or half a line
  }
}
