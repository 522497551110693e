import { closeSync, existsSync, fstatSync } from "node:fs";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { fifoOf } from "../../pipes/protocol/names.ts";
import { ensureFifo, hasReader, openFifo, readWaiting, removeFifo } from "../../pipes/transport/fifo.ts";
import { identityOf } from "../../pipes/transport/holders.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { FifoWriter } from "../../pipes/transport/writer.ts";
import { foreignServer } from "./owner.ts";
import { awaitRequest } from "../residency/requests.ts";

/** Between making a FIFO and opening it somebody may clear it away as an orphan. */
const TRIES = 3;
const REPLACED_CHECK_MS = 250;
const REFILL_LIMITS = { queueBytes: Number.MAX_SAFE_INTEGER, stallMs: 60_000 };

/** A tool's upstream FIFO, kept open for reading and writing so that requests wait in it whoever comes and goes. */
export class Upstream {
  readonly path: string;
  readonly #folder: string;
  readonly name: string;
  #fd: number | null = null;
  #unwatch: (() => void) | null = null;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.name = name;
    this.path = fifoOf.upstream(folder, name);
  }

  /** What keeps it open; null while it is not held. */
  get descriptor(): number | null {
    return this.#fd;
  }

  get held(): boolean {
    return this.#fd !== null;
  }

  /** As `hold`, with the worker of an earlier daemon that is about to be taken over: it reads this FIFO, and is nobody else's. @throws ToolError `not-a-fifo`, `not-ours` */
  adopt(): void {
    this.#fd ??= this.#open();
  }

  /**
   * Makes it if it is missing, and holds the one that is there now; what waited in one held before, and is not stale, is moved
   * into it. @throws ToolError `already-running` when somebody else serves this tool, `not-a-fifo`, `not-ours`
   */
  hold(isStale: (line: string) => boolean = () => false): void {
    if (this.#fd !== null && this.isCurrent) return;
    const pid = this.#fd === null ? foreignServer(this.#folder, this.name) : null;
    if (pid !== null) throw new ToolError("already-running", { what: `a server of '${this.name}'`, pid, hint: `Stop it with: cpipe ${this.name} stop` });
    const before = this.#fd;
    this.#fd = this.#open();
    if (before === null) return;
    const waiting = linesIn(before);
    closeSync(before);
    this.#refill(waiting.filter((line) => !isStale(line)));
  }

  /**
   * Lets go of it, and removes it unless it is somebody else's by now: a client then learns at once that nobody is there. Gives the
   * lines that waited in it and that nobody will read any more.
   */
  release(): string[] {
    this.unwatch();
    if (this.#fd === null) return [];
    const ours = this.isCurrent && foreignServer(this.#folder, this.name) === null;
    if (ours) removeFifo(this.path);
    // That of its sound, which only the worker holds, is left behind by one that was killed.
    const sound = fifoOf.data.upstream(this.#folder, this.name);
    if (ours && !hasReader(sound)) removeFifo(sound);
    const unread = ours ? linesIn(this.#fd) : [];
    closeSync(this.#fd);
    this.#fd = null;
    return unread;
  }

  /**
   * Calls `requested` once, as soon as a request waits in it, and leaves it there; what `isStale` says of lines before it is taken out.
   * To be called while it is held and nobody else reads. `failed` is told why it can no longer be held.
   */
  watch(requested: () => void, isStale: () => (line: string) => boolean = () => () => false, failed: (error: unknown) => void = () => undefined): void {
    this.unwatch();
    const fd = this.#fd;
    if (fd === null) return;
    let over = false;
    const replaced = (): void => {
      over = true;
      try {
        this.hold(isStale());
        this.watch(requested, isStale, failed);
      } catch (error) {
        failed(error);
      }
    };
    const asked = (): void => {
      over = true;
      requested();
    };
    const stop = awaitRequest({ path: this.path, fd, isStale: isStale(), isCurrent: () => this.isCurrent, requested: asked, replaced });
    if (!over) this.#unwatch = stop;
  }

  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /**
   * A program that makes its FIFO anew instead of taking the one that is there leaves us holding a file without a name. Calls `then` whenever
   * that is seen; there is no event for it. Returns how to stop looking.
   */
  watchReplaced(then: () => void): () => void {
    const check = setInterval(() => !this.isCurrent && existsSync(this.path) && then(), REPLACED_CHECK_MS);
    return () => clearInterval(check);
  }

  /** Whether what we hold is what the path leads to. */
  get isCurrent(): boolean {
    if (this.#fd === null) return false;
    const { dev, ino } = fstatSync(this.#fd);
    return identityOf(this.path) === `${dev}:${ino}`;
  }

  /**
   * Drops what `isStale` says of the requests that wait, for a process that has gone: the next one must not obey a `stop` that
   * was meant for it. To be called while nobody reads.
   */
  purge(isStale: (line: string) => boolean): void {
    if (this.#fd === null) return;
    const waiting = linesIn(this.#fd);
    this.#refill(waiting.filter((line) => !isStale(line)));
  }

  /** Puts lines behind those that wait, for the process that reads it. */
  add(lines: string): void {
    if (this.#fd !== null && lines !== "") this.#refill([lines]);
  }

  /** Puts lines before those that wait. What a client writes at this very moment may come before them. */
  prepend(lines: string): void {
    if (this.#fd !== null) this.#refill([lines, ...linesIn(this.#fd)]);
  }

  #open(): number {
    for (let tries = 1; ; tries++) {
      ensureFifo(this.path, mkfifo);
      const fd = openFifo(this.path, "both");
      if (fd !== null) return fd;
      if (tries === TRIES) throw new ToolError("file-failed", { path: this.path, reason: "it vanishes as soon as it is made" });
    }
  }

  #refill(lines: readonly string[]): void {
    const fd = lines.length === 0 ? null : openFifo(this.path, "write");
    if (fd === null) return;
    const writer = new FifoWriter(fd, REFILL_LIMITS, { closed: () => undefined });
    writer.write(lines.join(""));
    void writer.flushed(REFILL_LIMITS.stallMs).then(() => writer.close());
  }
}

/** Takes what waits in a FIFO, as lines with their ends; the last one may be half a line. */
function linesIn(fd: number): string[] {
  const bytes = readWaiting(fd);
  return bytes.length === 0 ? [] : bytes.toString().split(/(?<=\n)/);
}
