import { write, writeSync } from "node:fs";
import { isTerminal } from "./tty.ts";
import { harmless } from "./terminal/harmless.ts";

/** Why writing has ended before everything was written. `null`: the reader has gone, which is nobody's fault. */
export type WriteFailure = NodeJS.ErrnoException | null;

/**
 * Standard output. Node's own stream would wait in the write itself while the reader of a pipe pauses (`| less`), and
 * then neither Ctrl-C nor the tool is heard; here a thread of the pool waits, and what comes meanwhile goes in one piece.
 */
export class Output {
  readonly tty: boolean;
  readonly #fd: number;
  #queue = "";
  #rest: Buffer | null = null;
  #busy = false;
  #failure: WriteFailure | undefined;
  #onEnd: (failure: WriteFailure) => void = () => undefined;
  #waiting: Array<() => void> = [];

  constructor(fd: number) {
    this.#fd = fd;
    this.tty = isTerminal(fd);
  }

  /** Called once when nothing more can be written. */
  onEnd(fn: (failure: WriteFailure) => void): void {
    this.#onEnd = fn;
  }

  /** Whether the reader keeps a write waiting. */
  get busy(): boolean {
    return this.#busy;
  }

  write(text: string): void {
    if (this.#failure !== undefined || text === "") return;
    this.#queue += text;
    if (!this.#busy) this.#next();
  }

  /** Resolves when all is written, or nothing more can be. */
  async drained(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Writes bytes; resolves when they are written, or nothing more can be. */
  async send(bytes: Buffer): Promise<void> {
    await this.drained();
    if (this.#failure !== undefined || bytes.length === 0) return;
    this.#rest = bytes;
    this.#next();
    await this.drained();
  }

  #next(): void {
    const bytes = this.#rest ?? Buffer.from(this.#queue);
    if (this.#rest === null) this.#queue = "";
    this.#rest = null;
    this.#busy = bytes.length > 0;
    if (!this.#busy) {
      for (const go of this.#waiting.splice(0)) go();
      return;
    }
    write(this.#fd, bytes, (error, written) => {
      // Somebody has set a shared terminal or pipe to O_NONBLOCK: there is no event to wait for.
      if (error?.code === "EAGAIN") return void setTimeout(() => ((this.#rest = bytes), this.#next()), 10);
      if (error !== null) return this.#fail(error.code === "EPIPE" ? null : error);
      if (written < bytes.length) this.#rest = bytes.subarray(written);
      this.#next();
    });
  }

  #fail(failure: WriteFailure): void {
    this.#failure = failure;
    this.#busy = false;
    this.#queue = "";
    for (const go of this.#waiting.splice(0)) go();
    this.#onEnd(failure);
  }
}

/** A line on standard error, which may quote anybody: an endpoint, a file's name, a model. Nothing can be told to anybody when that fails. */
export function say(text: string): void {
  writeError(`cpipe: ${harmless(text)}\n`);
}

export function writeError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // closed, or its reader has gone
  }
}
