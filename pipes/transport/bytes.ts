import { Socket } from "node:net";

export interface BytesEvents {
  /** The chunk is the receiver's to keep. */
  bytes(chunk: Buffer): void;
  /** The last writer has gone (never for a descriptor opened read-write), or reading failed. Called once. */
  end(error: Error | null): void;
}

/** Bytes from a FIFO, read by the event loop: no thread waits in a read. Whoever has enough pauses it, and the writer waits. */
export class ByteReader {
  readonly #socket: Socket;
  #ended = false;

  constructor(fd: number, events: BytesEvents) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    const end = (error: Error | null): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#socket.destroy();
      events.end(error);
    };
    this.#socket.on("data", (chunk: Buffer) => !this.#ended && events.bytes(chunk));
    this.#socket.on("error", end).on("end", () => end(null)).on("close", () => end(null));
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
