/**
 * Cuts a byte stream into lines. Bytes come in chunks split anywhere, inside a multi-byte character too: a line is
 * decoded only when it is whole. A line longer than `limit` bytes is skipped to its end and reported once.
 */
export class LineDecoder {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onOverflow: () => void;
  #parts: Buffer[] = [];
  #length = 0;
  #skipping = false;

  constructor(limit: number, onLine: (line: string) => void, onOverflow: () => void) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#onOverflow = onOverflow;
  }

  /** Takes the next bytes. `chunk` may be reused by the caller afterwards: what is kept is copied. */
  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end === -1) break;
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Whether bytes of an unfinished line are held. */
  get partial(): boolean {
    return this.#length > 0 || this.#skipping;
  }

  #finish(tail: Buffer): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    if (this.#length + tail.length > this.#limit) {
      this.#drop();
      this.#onOverflow();
      return;
    }
    if (this.#length === 0) {
      if (tail.length > 0) this.#onLine(tail.toString("utf8"));
      return;
    }
    const line = Buffer.concat([...this.#parts, tail], this.#length + tail.length).toString("utf8");
    this.#drop();
    this.#onLine(line);
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping) return;
    if (this.#length + bytes.length > this.#limit) {
      this.#drop();
      this.#skipping = true;
      this.#onOverflow();
      return;
    }
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
  }

  #drop(): void {
    this.#parts = [];
    this.#length = 0;
  }
}
