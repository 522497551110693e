import { Socket } from "node:net";
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

/** Lines from a FIFO, read by the event loop: no thread waits in a read, and each read goes into one reused buffer. */
export class FifoReader {
  readonly #socket: Socket;
  readonly #decoder: LineDecoder;
  readonly #landing: Landing | null;
  #ended = false;

  constructor(fd: number, limit: number, events: ReaderEvents, landing: Landing | null = null) {
    this.#landing = landing;
    this.#decoder = new LineDecoder(limit, (line, end) => !this.#ended && events.line(line, end), (head) => !this.#ended && events.overflow(head));
    const take = (bytes: number, buffer: Uint8Array): boolean => {
      this.feed(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      return true;
    };
    // `onread` is an option of every Socket; the types know it only for connecting ones.
    const options = { fd, readable: true, writable: false, onread: { buffer: landing?.buffer ?? Buffer.allocUnsafeSlow(READ_BYTES), callback: take } };
    this.#socket = new Socket(options);
    const end = (error: Error | null): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#socket.destroy();
      events.end(error);
    };
    this.#socket.on("error", end).on("end", () => end(null)).on("close", () => end(null));
    this.#socket.resume();
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
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Lets the process end even while this reader waits. */
  unref(): void {
    this.#socket.unref();
  }

  ref(): void {
    this.#socket.ref();
  }

  /** Closes the descriptor; no event follows. */
  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}
