import { Socket } from "node:net";

export interface BytesEvents {
  bytes(chunk: Buffer): void;
  /** The last writer has gone (never for a descriptor opened read-write), or reading failed. Called once, and not after `close`. */
  end(error: Error | null): void;
}

/** Bytes from a FIFO, read by the event loop: no thread waits in a read. Whoever has enough pauses it, and the writer waits. */
export class ByteReader {
  readonly #socket: Socket;
  #ended = false;

  /** Each chunk is the receiver's to keep, unless there is a buffer that all of them are read into: then it is good until the next one. */
  constructor(fd: number, events: BytesEvents, into: Buffer | null = null) {
    const take = (bytes: number, buffer: Uint8Array): boolean => {
      if (!this.#ended) events.bytes(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      return true;
    };
    // `onread` is an option of every Socket; the types know it only for connecting ones.
    const options = { fd, readable: true, writable: false, ...(into === null ? {} : { onread: { buffer: into, callback: take } }) };
    this.#socket = new Socket(options);
    const end = (error: Error | null): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#socket.destroy();
      events.end(error);
    };
    if (into === null) this.#socket.on("data", (chunk: Buffer) => !this.#ended && events.bytes(chunk));
    this.#socket.on("error", end).on("end", () => end(null)).on("close", () => end(null));
    this.#socket.resume();
  }

  get ended(): boolean {
    return this.#ended;
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
