import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { hasCode } from "./failure.ts";
import { ByteQueue } from "./queue.ts";

export interface WriterLimits {
  /** Bytes that may wait behind the message being written before its reader counts as one that does not read. */
  queueBytes: number;
  /** How long bytes may wait without the reader taking any, in ms. */
  stallMs: number;
  /** Others write into this FIFO, too: each message goes out in a write of its own, which up to PIPE_BUF the kernel keeps whole. */
  shared?: boolean;
}

export interface WriterEvents {
  /** The reader has gone, or has been given up: nothing more will be written. Called once. */
  closed(cause: WriterEnd): void;
  /** All that was written so far is in the kernel. */
  flushed?(): void;
  /** Writes in the writer's place, and gives how many bytes the kernel took. */
  offer?(fd: number, bytes: Buffer): number;
  /** The kernel has no room: from here to the next `flushed` its reader may have half a line. */
  blocked?(): void;
}
export type WriterEnd = { kind: "gone"; error: Error | null } | { kind: "stalled"; queuedBytes: number; seconds: number };

/** From here on `ready()` makes a stream of answers wait for its reader. */
const HIGH_WATER = 256 * 1024;
/** What the kernel is given at once; each piece it takes is a sign of life of the reader. */
const PIECE = 64 * 1024;

/**
 * Lines, or blocks, into a FIFO through a queue of its own, so that a reader that has stopped delays nobody else. What is written in
 * one turn of the event loop goes out together; the kernel takes what it can at once, and the rest waits here, bounded
 * in bytes and in time.
 */
export class FifoWriter {
  readonly #fd: number;
  /** Owns the descriptor, and writes when the pipe is full: it waits for room without a thread. */
  readonly #socket: Socket;
  readonly #limits: WriterLimits;
  readonly #events: WriterEvents;
  /** Text of this turn, not yet offered to the kernel. */
  #batch = "";
  /** What the kernel had no room for. */
  readonly #queue = new ByteQueue();
  #stall: NodeJS.Timeout | null = null;
  #waiting: Array<() => void> = [];
  #closed = false;

  constructor(fd: number, limits: WriterLimits, events: WriterEvents) {
    this.#fd = fd;
    this.#limits = limits;
    this.#events = events;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on("error", (error) => this.#end({ kind: "gone", error }));
    this.#socket.on("close", () => this.#end({ kind: "gone", error: null }));
  }

  /** Bytes that wait for the reader. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Queues `text` (lines with their newlines). False when the writer is closed, or has just given its reader up. */
  write(text: string): boolean {
    if (this.#closed) return false;
    if (this.#queue.bytes > 0) return this.#enqueue(Buffer.from(text));
    if (this.#batch === "") process.nextTick(this.#flush);
    this.#batch += text;
    if (this.#limits.shared === true || this.#batch.length > PIECE) this.#flush();
    return true;
  }

  /** The same for bytes, which are not to be changed afterwards, and go out at once. */
  writeBytes(bytes: Buffer): boolean {
    this.#flush();
    if (this.#closed) return false;
    if (this.#queue.bytes > 0) return this.#enqueue(bytes);
    const taken = this.#offer(bytes);
    return taken === bytes.length || this.#enqueue(bytes.subarray(taken));
  }

  /** Whether a stream of answers should wait before it adds more. */
  get full(): boolean {
    return this.#queue.bytes > HIGH_WATER;
  }

  /** Resolves when there is room again, or when the writer has closed. */
  async ready(): Promise<void> {
    if (!this.full) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that was queued is in the kernel, the writer has closed, or `ms` have passed. */
  async flushed(ms: number): Promise<void> {
    this.#flush();
    if (this.#queue.bytes === 0) return;
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

  /** Closes the descriptor; what the kernel has no room for is lost, and no event follows. */
  close(): void {
    this.#flush();
    this.#closed = true;
    this.#queue.clear();
    this.#release();
    this.#socket.destroy();
  }

  readonly #flush = (): void => {
    if (this.#batch === "" || this.#closed) return;
    const bytes = Buffer.from(this.#batch);
    this.#batch = "";
    const taken = this.#offer(bytes);
    if (taken === bytes.length) return this.#events.flushed?.();
    this.#events.blocked?.();
    this.#enqueue(bytes.subarray(taken));
  };

  /** How many bytes the kernel took at once. Whatever is wrong shows again, as an event, when the socket writes the rest. */
  #offer(bytes: Buffer): number {
    try {
      return this.#events.offer?.(this.#fd, bytes) ?? writeSync(this.#fd, bytes);
    } catch (error) {
      if (hasCode(error, "EAGAIN", "EPIPE", "EINTR")) return 0;
      throw error;
    }
  }

  /** A message of any size may be on its way to a reader that reads it; what piles up behind it is bounded. */
  #enqueue(bytes: Buffer): boolean {
    if (this.#queue.behind > this.#limits.queueBytes) {
      this.#giveUp();
      return false;
    }
    this.#queue.push(bytes);
    if (this.#stall === null) this.#drain();
    return true;
  }

  /** One piece at a time: the socket itself would hand over all it has, and tell nothing until the last byte is through. */
  #drain(): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    this.#stall = setTimeout(this.#giveUp, this.#limits.stallMs).unref();
    const piece = this.#limits.shared === true ? this.#queue.first(PIECE) : this.#queue.peek(PIECE);
    this.#socket.write(piece, (error) => {
      if (error || this.#closed) return; // the socket's own error event follows
      this.#queue.drop(piece.length);
      if (this.#queue.bytes === 0) return this.#emptied();
      this.#drain();
    });
  }

  #emptied(): void {
    this.#release();
    this.#events.flushed?.();
  }

  #release(): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    this.#stall = null;
    for (const go of this.#waiting.splice(0)) go();
  }

  readonly #giveUp = (): void => this.#end({ kind: "stalled", queuedBytes: this.#queue.bytes, seconds: this.#limits.stallMs / 1000 });

  #end(cause: WriterEnd): void {
    if (this.#closed) return;
    this.#batch = "";
    this.close();
    this.#events.closed(cause);
  }
}
