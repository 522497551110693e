import { ByteReader } from "./bytes.ts";
import { LineDecoder } from "./frames.ts";

export interface ReaderEvents {
  /** `end` is the place of its newline in the buffer that was read into. */
  line(line: string, end: number): void;
  /** A line was longer than the limit; it is skipped and the stream in step again. `head` are its first bytes. */
  overflow(head: string): void;
  /** The last writer has gone (never for a descriptor opened read-write), or reading failed. */
  end(error: Error | null): void;
}

/** Memory that outlives this process, for what it reads: whoever finds it knows what was read and not yet dealt with. */
export interface Landing {
  /** The kernel writes straight into it. */
  readonly buffer: Buffer;
  /** Every line in the first `bytes` of it has been given out. `unfinished` is the beginning of a line that has no end yet. */
  taken(bytes: number, unfinished: Buffer): void;
}

/** Two pipe-fulls: a full pipe and what its writer adds meanwhile come in one read. */
const READ_BYTES = 128 * 1024;

/** Lines from a FIFO. Each read goes into one reused buffer. */
export class FifoReader {
  readonly #bytes: ByteReader;
  readonly #decoder: LineDecoder;
  readonly #landing: Landing | null;

  constructor(fd: number, limit: number, events: ReaderEvents, landing: Landing | null = null) {
    this.#landing = landing;
    this.#decoder = new LineDecoder(limit, (line, end) => !this.#bytes.ended && events.line(line, end), (head) => !this.#bytes.ended && events.overflow(head));
    this.#bytes = new ByteReader(fd, { bytes: (chunk) => this.feed(chunk), end: (error) => events.end(error) }, landing?.buffer ?? Buffer.allocUnsafeSlow(READ_BYTES));
  }

  /** Takes bytes as if they had been read from the FIFO just now. */
  feed(bytes: Buffer): void {
    try {
      this.#decoder.push(bytes);
    } finally {
      this.#landing?.taken(bytes.length, this.#decoder.unfinished);
    }
  }

  /** See LineDecoder. */
  putBack(bytes: number): void {
    this.#decoder.putBack(bytes);
  }

  /** The beginning of a line that has no end yet. */
  get unfinished(): Buffer {
    return this.#decoder.unfinished;
  }

  pause(): void {
    this.#bytes.pause();
  }

  resume(): void {
    this.#bytes.resume();
  }

  /** Lets the process end even while this reader waits. */
  unref(): void {
    this.#bytes.unref();
  }

  ref(): void {
    this.#bytes.ref();
  }

  /** Closes the descriptor; no event follows. */
  close(): void {
    this.#bytes.close();
  }
}
