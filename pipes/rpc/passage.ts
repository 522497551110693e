import { readSync, writeSync } from "node:fs";
import { openFifo } from "../transport/fifo.ts";
import { CAN_SPLICE, splicePipe } from "../transport/libc.ts";
import { WORD } from "./ledger-format.ts";

/** A request whose answer passes. */
interface Passing {
  pass(): void;
  stay(): void;
  settle(): void;
}

/** What a pipe takes when it is empty. */
const ROOM = 64 * 1024;

/**
 * Between an answer's being in a client's FIFO and a word in the ledger that says so, a process can be killed, and on a busy machine that
 * moment is long: the write wakes the client, which runs first. Its request would be answered twice. So an answer goes through a pipe
 * of our own, which the daemon holds, too. Only when it is in there does the ledger call its requests answered; and from there the kernel
 * moves it on. Whenever the process ends, what has not arrived is in the pipe, and the daemon moves it.
 */
export class Passage {
  readonly #fd: number;
  readonly #words: Uint32Array;

  constructor(fd: number, words: Uint32Array) {
    this.#fd = fd;
    this.#words = words;
  }

  /** Gives how many bytes the kernel took; where that is not all of them, the requests are not answered yet. @throws EAGAIN, EPIPE … */
  deliver(pid: number, to: number, bytes: Buffer, requests: readonly Passing[]): number {
    if (bytes.length > ROOM) return writeSync(to, bytes);
    const entered = writeSync(this.#fd, bytes);
    if (entered < bytes.length) {
      this.#takeBack(entered);
      return writeSync(to, bytes);
    }
    for (const request of requests) request.pass();
    this.#words[WORD.passing] = pid; // from here on they are answered
    let moved = 0;
    try {
      moved = splicePipe(this.#fd, to, entered);
    } finally {
      if (moved === entered) for (const request of requests) request.settle();
      this.#words[WORD.passing] = 0; // and from here on not, if they are still passing
      if (moved < entered) {
        for (const request of requests) request.stay();
        this.#takeBack(entered - moved);
      }
    }
    return moved;
  }

  #takeBack(bytes: number): void {
    for (let left = bytes; left > 0; ) left -= readSync(this.#fd, Buffer.allocUnsafe(left));
  }
}

/** Null where there is none, or the system cannot move bytes from pipe to pipe (macOS). */
export function openPassage(path: string, words: Uint32Array): Passage | null {
  const fd = CAN_SPLICE ? openFifo(path, "both") : null;
  return fd === null ? null : new Passage(fd, words);
}
