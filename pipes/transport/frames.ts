/** A held line's memory is kept for the next one up to this size. */
const KEEP_BYTES = 1024 * 1024;
const FIRST_BYTES = 4096;
/** So much of a line that is skipped is shown, for whoever can tell from it who sent it. */
const HEAD_BYTES = 256;

/**
 * Cuts a byte stream into lines. Bytes come in chunks split anywhere, inside a multi-byte character too: a line is
 * decoded only when it is whole. A line longer than `limit` bytes is skipped to its end and reported once,
 * by its first bytes.
 */
export class LineDecoder {
  readonly #limit: number;
  readonly #onLine: (line: string, end: number) => void;
  readonly #onOverflow: (head: string) => void;
  /** The beginning of an unfinished line. One growing buffer, so that a byte at a time costs a byte at a time. */
  #held: Buffer = Buffer.alloc(0);
  #length = 0;
  #skipping = false;
  /** Where the line that is being given out is. */
  #source: Buffer = this.#held;
  #start = 0;
  #end = 0;

  /** `onLine` is told where in the chunk the line ends, too: the place of its newline. */
  constructor(limit: number, onLine: (line: string, end: number) => void, onOverflow: (head: string) => void) {
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
      this.#finish(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /**
   * For `onLine`: only the last `bytes` of the line are one, and what comes before them goes on after it. To be called in its course.
   */
  putBack(bytes: number): void {
    this.#keep(this.#source.subarray(this.#start, this.#end - bytes));
  }

  /** Whether bytes of an unfinished line are held. */
  get partial(): boolean {
    return this.#length > 0 || this.#skipping;
  }

  /** The beginning of an unfinished line; empty for one that is being skipped. Good until the next `push`. */
  get unfinished(): Buffer {
    return this.#held.subarray(0, this.#length);
  }

  #finish(chunk: Buffer, start: number, end: number): void {
    if (this.#length === 0 && !this.#skipping && end - start <= this.#limit) {
      if (end > start) this.#give(chunk, start, end, end);
      return;
    }
    this.#keep(chunk.subarray(start, end));
    const [held, length, skipped] = [this.#held, this.#length, this.#skipping];
    this.#drop();
    this.#skipping = false;
    if (!skipped) this.#give(held, 0, length, end);
  }

  #give(source: Buffer, start: number, end: number, at: number): void {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#onLine(source.toString("utf8", start, end), at);
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping) return;
    const length = this.#length + bytes.length;
    if (length > this.#limit) {
      const head = Buffer.concat([this.#held.subarray(0, Math.min(this.#length, HEAD_BYTES)), bytes.subarray(0, HEAD_BYTES)]).toString("utf8", 0, HEAD_BYTES);
      this.#drop();
      this.#skipping = true;
      this.#onOverflow(head);
      return;
    }
    if (length > this.#held.length) this.#grow(length);
    bytes.copy(this.#held, this.#length);
    this.#length = length;
  }

  #grow(least: number): void {
    const held = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(least, this.#held.length * 2, FIRST_BYTES)));
    this.#held.copy(held, 0, 0, this.#length);
    this.#held = held;
  }

  #drop(): void {
    this.#length = 0;
    if (this.#held.length > KEEP_BYTES) this.#held = Buffer.alloc(0);
  }
}
