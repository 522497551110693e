import { ToolError } from "../protocol/errors.ts";
import { fifoOf } from "../protocol/names.ts";
import { closeSync } from "node:fs";
import { ensureFifo, hasReader, keepDescriptors, openPresentFifo, removeFifo } from "../transport/fifo.ts";
import { holdersOf, identityOf } from "../transport/holders.ts";
import { descriptorLimit, mkfifo, tryLockFifo } from "../transport/libc.ts";
import { FifoReader } from "../transport/reader.ts";
import { Ledger } from "./ledger.ts";
import { requestWithin } from "./mixed.ts";
import type { Log } from "./log.ts";

export interface EndpointOptions {
  readonly folder: string;
  readonly name: string;
  readonly maxLine: number;
  readonly log: Log;
  readonly supervised: boolean;
  /** Where what is read and not answered is to be written down; null for nowhere. */
  readonly ledger: string | null;
  /** Before the first line: there is a ledger, and this is it. */
  readonly onLedger: (ledger: Ledger) => void;
  /** Given for one that is of no use once nobody else holds the FIFO: that has happened. */
  readonly onAbandoned?: () => void;
  readonly onLine: (line: string) => void;
  /** A message was too long and is skipped; this is how it begins. */
  readonly onOverflow: (head: string) => void;
}

const MOST_WITHIN = 64;

/**
 * The shared upstream FIFO. The server holds a lock on it for its lifetime, so that a tool has one server at most; it
 * opens it read-write, so that no client's leaving is an end of file.
 */
export class Endpoint {
  readonly path: string;
  readonly #options: EndpointOptions;
  #reader: FifoReader | null = null;
  #identity: string | null = null;
  #ledger: Ledger | null = null;
  /** How many requests came in the middle of a line that still has no end, and where the present line ends. */
  #within = 0;
  #separated = false;
  #lineEnd = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.path = fifoOf.upstream(options.folder, options.name);
  }

  get ledger(): Ledger | null {
    return this.#ledger;
  }

  async open(): Promise<void> {
    const { name, maxLine, log, supervised, onLedger, onOverflow, onAbandoned } = this.#options;
    keepDescriptors(descriptorLimit);
    ensureFifo(this.path, mkfifo);
    if (!supervised) this.#refuseForeignServer();
    const fd = openPresentFifo(this.path, onAbandoned === undefined ? "both" : "read");
    // Systems that do not lock FIFOs are left with the check for a reader.
    if (tryLockFifo(fd) === false) {
      closeSync(fd);
      throw new ToolError("already-running", { what: `a server of '${name}'`, hint: `Stop it with: cpipe ${name} stop` });
    }
    this.#identity = identityOf(this.path);
    const before = this.#ledger;
    this.#ledger ??= this.#openLedger();
    const events = {
      line: (line: string, end: number) => this.#take(line, end),
      overflow: onOverflow,
      end: onAbandoned ?? ((error: Error | null) => log.error({ reason: error?.message ?? "closed" }, "the upstream pipe has ended")),
    };
    this.#reader = new FifoReader(fd, maxLine, events, this.#ledger);
    if (this.#ledger === null || before !== null) return;
    onLedger(this.#ledger);
    if (this.#ledger.inbox.length > 0) this.#reader.feed(this.#ledger.inbox);
  }

  /**
   * For a line that is no JSON: the request that another client has written into the middle of it, if that is what it is. The line
   * itself is then put back until the rest of it comes. One whose rest never comes is given up.
   */
  separate(line: string): string | null {
    const request = this.#within < MOST_WITHIN ? requestWithin(line) : null;
    if (request === null) return null;
    this.#within++;
    this.#separated = true;
    this.#reader?.putBack(Buffer.byteLength(request));
    this.#ledger?.line(request, this.#lineEnd);
    return request;
  }

  /** What is written meanwhile waits in the kernel. */
  pause(): void {
    this.#reader?.pause();
  }

  resume(): void {
    this.#reader?.resume();
  }

  /** For good; where there is a ledger, lines that were read and not begun are left in it for the next process. */
  halt(): void {
    this.pause();
    this.#ledger?.halt();
  }

  /** Closes it, to be opened again or by another process. Gives what was read of a line that has no end yet, which that one is to be fed. */
  leave(): Buffer {
    const rest = Buffer.from(this.#reader?.unfinished ?? "");
    this.#ledger?.forget();
    this.#reader?.close();
    this.#reader = null;
    return rest;
  }

  /** Takes bytes as if they had been read before what waits in the FIFO. To be called before the turn ends in which it was opened. */
  async feed(bytes: Buffer): Promise<void> {
    this.pause();
    const room = this.#ledger?.buffer ?? Buffer.alloc(bytes.length);
    for (let at = 0; at < bytes.length; at += room.length) {
      const length = bytes.copy(room, 0, at);
      this.#reader?.feed(room.subarray(0, length));
      await new Promise((resolve) => setImmediate(resolve)); // a ledger has its books by then
    }
    this.resume();
  }

  /** Gives the FIFO up, and removes it unless the daemon keeps it for the next process. */
  close(): void {
    // Not one that somebody made there after ours was removed by hand.
    if (this.#reader !== null && !this.#options.supervised && identityOf(this.path) === this.#identity) removeFifo(this.path);
    this.#reader?.close();
    this.#reader = null;
  }

  #take(line: string, end: number): void {
    const { onLine } = this.#options;
    this.#lineEnd = end;
    this.#separated = false;
    if (this.#ledger?.line(line, end) === false) return;
    onLine(line);
    this.#ledger?.lineTaken();
    if (!this.#separated) this.#within = 0;
  }

  /** A server works without one, too: then what it was doing is lost with it. */
  #openLedger(): Ledger | null {
    const { ledger, log } = this.#options;
    if (ledger === null) return null;
    try {
      return Ledger.open(ledger);
    } catch (error) {
      log.warn({ ledger, reason: (error as Error).message }, "the ledger cannot be used: requests that are under way when this process is killed are lost");
      return null;
    }
  }

  /** A server that takes no lock (upstream's) shows by having the FIFO open for reading. */
  #refuseForeignServer(): void {
    if (!hasReader(this.path)) return;
    const pid = holdersOf([this.path]).get(this.path)?.find((holder) => holder !== process.pid);
    throw new ToolError("already-running", { what: `a server of '${this.#options.name}'`, pid, hint: `Stop it with: cpipe ${this.#options.name} stop` });
  }
}
