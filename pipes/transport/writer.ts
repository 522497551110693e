import { Socket } from "node:net";

export interface WriterLimits {
  /** Bytes that may wait for the reader before it counts as one that does not read. A single message of any size may. */
  queueBytes: number;
  /** How long bytes may wait without the reader taking any, in ms. */
  stallMs: number;
}

export interface WriterEvents {
  /** The reader has gone, or has been given up: nothing more will be written. Called once. */
  closed(cause: WriterEnd): void;
}
export type WriterEnd = { kind: "gone"; error: Error | null } | { kind: "stalled"; queuedBytes: number; seconds: number };

/** From here on `ready()` makes a stream of answers wait for its reader. */
const HIGH_WATER = 256 * 1024;
const CHUNK = 64 * 1024;

/**
 * Lines into a FIFO through a queue of its own, so that a reader that has stopped delays nobody else. The kernel takes
 * what it can at once; the rest waits here, bounded in bytes and in time.
 */
export class FifoWriter {
  readonly #socket: Socket;
  readonly #limits: WriterLimits;
  readonly #events: WriterEvents;
  #stall: NodeJS.Timeout | null = null;
  #waiting: Array<() => void> = [];
  #closed = false;

  constructor(fd: number, limits: WriterLimits, events: WriterEvents) {
    this.#limits = limits;
    this.#events = events;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on("error", (error) => this.#end({ kind: "gone", error }));
    this.#socket.on("close", () => this.#end({ kind: "gone", error: null }));
  }

  /** Bytes that wait for the reader. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Queues `text` (lines with their newlines). False when the writer is closed, or has just given its reader up. */
  write(text: string): boolean {
    if (this.#closed) return false;
    const waiting = this.#socket.writableLength;
    if (waiting > this.#limits.queueBytes) {
      this.#end({ kind: "stalled", queuedBytes: waiting, seconds: this.#limits.stallMs / 1000 });
      return false;
    }
    if (text.length <= CHUNK) this.#socket.write(text, this.#progressed);
    else this.#writeChunks(Buffer.from(text));
    if (this.#socket.writableLength > 0) this.#watch();
    return true;
  }

  /** Whether a stream of answers should wait before it adds more. */
  get full(): boolean {
    return !this.#closed && this.#socket.writableLength > HIGH_WATER;
  }

  /** Resolves when there is room again, or when the writer has closed. */
  async ready(): Promise<void> {
    if (!this.full) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that was queued is in the kernel, the writer has closed, or `ms` have passed. */
  async flushed(ms: number): Promise<void> {
    if (this.#closed || this.#socket.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  unref(): void {
    this.#socket.unref();
  }

  ref(): void {
    this.#socket.ref();
  }

  /** Closes the descriptor at once; what still waits is lost, and no event follows. */
  close(): void {
    this.#closed = true;
    this.#release();
    this.#socket.destroy();
  }

  /** A long message goes in pieces, so that a slow reader of it is not taken for one that has stopped. */
  #writeChunks(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += CHUNK) this.#socket.write(bytes.subarray(at, at + CHUNK), this.#progressed);
  }

  #watch(): void {
    if (this.#stall !== null) return;
    this.#stall = setTimeout(() => {
      this.#end({ kind: "stalled", queuedBytes: this.queuedBytes, seconds: this.#limits.stallMs / 1000 });
    }, this.#limits.stallMs);
    this.#stall.unref();
  }

  /** Called when the kernel has taken a piece: a sign of life, and after the last one there is room again. */
  readonly #progressed = (): void => {
    if (this.#stall === null) return;
    if (this.#socket.writableLength === 0) this.#release();
    else this.#stall.refresh();
  };

  #release(): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    this.#stall = null;
    for (const go of this.#waiting.splice(0)) go();
  }


  #end(cause: WriterEnd): void {
    if (this.#closed) return;
    this.close();
    this.#events.closed(cause);
  }
}
