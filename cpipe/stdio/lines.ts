const NEWLINE = 0x0a;

/**
 * Bytes to lines, cut at `\n`. A line of more than `limit` bytes is skipped to its end: Node's readline would keep all
 * of it, and cut at a bare `\r` too.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (text: string) => void;
  readonly #onTooLong: (limit: number) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(limit: number, onLine: (text: string) => void, onTooLong: (limit: number) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      this.#cut();
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** What came last may have no newline. */
  end(): void {
    if (this.#bytes > 0) this.#cut();
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#limit) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #cut(): void {
    const parts = this.#parts;
    const isLong = this.#bytes > this.#limit;
    this.#parts = [];
    this.#bytes = 0;
    if (isLong) this.#onTooLong(this.#limit);
    else this.#onLine(Buffer.concat(parts).toString("utf8"));
  }
}
