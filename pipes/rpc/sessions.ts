import { closeSync, existsSync, writeSync } from "node:fs";
import { ToolError } from "../protocol/errors.ts";
import type { Dialect, ToolEvent } from "../protocol/messages.ts";
import { fifoOf } from "../protocol/names.ts";
import { hasCode } from "../transport/failure.ts";
import { ensureFifo, hasReader, type MakeFifo, openFifo } from "../transport/fifo.ts";
import { isRunning } from "../transport/identity.ts";
import { FifoReader } from "../transport/reader.ts";
import { FifoWriter, type WriterEnd, type WriterLimits } from "../transport/writer.ts";
import type { Ledger } from "./ledger.ts";
import type { Log } from "./log.ts";
import { Session } from "./session.ts";

export interface SessionsOptions {
  readonly folder: string;
  readonly name: string;
  readonly log: Log;
  readonly makeFifo: MakeFifo;
  readonly limits: WriterLimits;
  readonly maxLine: number;
  /** A line that came over a client's own lane. */
  readonly onLine: (line: string, session: Session) => void;
  /** A message that came there was too long and is skipped. */
  readonly onOverflow: (session: Session) => void;
}

const LANELESS_CHECK_MS = 500;

/** The subscribed clients of one server, by pid. */
export class Sessions {
  readonly #options: SessionsOptions;
  #name: string;
  readonly #byPid = new Map<number, Session>();
  /** Sessions whose client did not read when it subscribed. */
  readonly #unread = new WeakSet<Session>();
  #laneless: NodeJS.Timeout | null = null;
  #ledger: Ledger | null = null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#name = options.name;
  }

  /** The pipes of those who subscribe from now on have another name in theirs. */
  rename(name: string): void {
    this.#name = name;
  }

  get size(): number {
    return this.#byPid.size;
  }

  get(pid: number): Session | undefined {
    return this.#byPid.get(pid);
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#byPid.values();
  }

  /**
   * Opens the pipes of a client and replaces its earlier session, if any. Null when the client has gone meanwhile.
   * @throws TransportError, ToolError when what is at its paths is not a FIFO of ours
   */
  open(pid: number, options: { lane: boolean; dialect: Dialect; wants: readonly string[] }): Session | null {
    const { limits, log } = this.#options;
    // Both before the earlier session is closed: its client may be this one, which would see an end of file between.
    const lane = options.lane ? this.#openLane(pid) : null;
    const read = this.#openRead(pid, lane);
    const down = read ?? (lane === null ? this.#openUnread(pid) : null);
    if (down === null) {
      if (lane !== null) closeSync(lane);
      log.info({ client: pid }, "a client subscribed and has gone already");
      return null;
    }
    this.#forget(pid, "subscribed again");
    let session: Session | null = null;
    const writer = new FifoWriter(down, limits, {
      closed: (end) => session !== null && this.#ended(session, end),
      offer: (fd, bytes) => session?.offer(fd, bytes) ?? writeSync(fd, bytes),
      flushed: () => session?.flushed(),
      blocked: () => session?.blocked(),
    });
    session = new Session(pid, writer, { ours: options.lane, dialect: options.dialect, wants: options.wants, sound: { folder: this.#options.folder, name: this.#name, limits }, ledger: this.#ledger });
    if (lane !== null) session.attachLane(this.#readLane(lane, session));
    this.#byPid.set(pid, session);
    if (read === null) this.#unread.add(session);
    if (read === null) this.watchLaneless();
    return session;
  }

  /** Tells a client that has no session why, if it reads. What it has no room for is lost. */
  refuse(pid: number, line: string): void {
    const { folder } = this.#options;
    const name = this.#name;
    const fd = openFifo(fifoOf.downstream(folder, name, pid), "write", "brief");
    if (fd === null) return;
    try {
      writeSync(fd, line);
    } catch (error) {
      if (!hasCode(error, "EAGAIN", "EPIPE")) throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Writes down who is subscribed from now on, and takes up those who were subscribed to the process before. */
  keepIn(ledger: Ledger): void {
    this.#ledger = ledger;
    for (const { pid, dialect, wants } of ledger.sessions) this.resume(pid, dialect, wants);
  }

  /** A client that never notices our end need not subscribe again; it is told if it has asked for that, and at a moment when it
   * waits for no answer. */
  resume(pid: number, dialect: Dialect, wants: readonly string[]): void {
    const { folder, log } = this.#options;
    const name = this.#name;
    try {
      const session = existsSync(fifoOf.downstream(folder, name, pid)) ? this.open(pid, { lane: false, dialect, wants }) : null;
      if (session === null) this.#ledger?.strike(pid);
      else if (session.wants.has("restarted")) session.sendState({ event: "restarted" });
    } catch (error) {
      log.warn({ client: pid, reason: ToolError.from(error).message }, "a client of the process before could not be taken up again");
    }
  }

  /** The downstream FIFO of a client that reads it; null when none does. */
  #openRead(pid: number, lane: number | null): number | null {
    try {
      return openFifo(fifoOf.downstream(this.#options.folder, this.#name, pid), "write", "client");
    } catch (error) {
      if (lane !== null) closeSync(lane);
      throw error;
    }
  }

  /**
   * Opens the downstream FIFO of a client that does not read yet, as a shell may that subscribes first and reads then;
   * made, as upstream does, where there is none. Read-write, because there is no reader; that hides the reader's end.
   */
  #openUnread(pid: number): number | null {
    const { folder, makeFifo } = this.#options;
    const name = this.#name;
    if (!isRunning(pid)) return null;
    const path = fifoOf.downstream(folder, name, pid);
    ensureFifo(path, makeFifo);
    return openFifo(path, "both", "client");
  }

  /** A client with a lane learns which of its requests nobody has read. */
  close(pid: number, reason: string): void {
    this.#byPid.get(pid)?.halt();
    this.#forget(pid, reason);
  }

  #forget(pid: number, reason: string): void {
    const session = this.#byPid.get(pid);
    if (session === undefined) return;
    this.#byPid.delete(pid);
    session.close(reason);
    this.#ledger?.strike(pid);
  }

  broadcast(event: ToolEvent): void {
    for (const session of this.#byPid.values()) session.send(event);
  }

  broadcastState(event: ToolEvent, told: Session | null): void {
    for (const session of this.#byPid.values()) if (session !== told) session.sendState(event);
  }

  /** Lets what is queued out, for at most `ms`, then closes every session. */
  async closeAll(reason: string, ms: number): Promise<void> {
    const sessions = [...this.#byPid.values()];
    for (const session of sessions) session.halt();
    for (const session of sessions) for (const call of session.calls) call.stop(new ToolError("stopping", { tool: this.#name }));
    for (const session of sessions) session.settle();
    await Promise.all(sessions.map((session) => session.drained(ms)));
    this.#ledger = null; // the next process finds them there
    for (const session of sessions) this.close(session.pid, reason);
    if (this.#laneless !== null) clearInterval(this.#laneless);
  }

  /**
   * A client without a lane gives no sign when it dies. While such a client waits for an answer, or only we keep its FIFO
   * open, look now and then whether it is still there, so that no work is done for nobody.
   */
  watchLaneless(): void {
    if (this.#laneless !== null) return;
    this.#laneless = setInterval(() => {
      const waiting = [...this.#byPid.values()].filter((session) => !session.ours && (session.calls.size > 0 || this.#unread.has(session)));
      for (const session of waiting) if (!this.#isThere(session.pid)) this.#drop(session, "the client has gone");
      if (waiting.length > 0 || this.#laneless === null) return;
      clearInterval(this.#laneless);
      this.#laneless = null;
    }, LANELESS_CHECK_MS);
    this.#laneless.unref();
  }

  #isThere(pid: number): boolean {
    try {
      return isRunning(pid) && hasReader(fifoOf.downstream(this.#options.folder, this.#name, pid));
    } catch {
      return false; // something else has taken the FIFO's place
    }
  }

  #openLane(pid: number): number {
    const { folder } = this.#options;
    const name = this.#name;
    const fd = openFifo(fifoOf.lane(folder, name, pid), "read", "client");
    if (fd === null) throw new ToolError("invalid-request", { path: "$.lane", expected: "a FIFO of the client's at the lane's path", got: "nothing there" });
    return fd;
  }

  #readLane(fd: number, session: Session): FifoReader {
    const { maxLine, onLine, onOverflow } = this.#options;
    return new FifoReader(fd, maxLine, {
      line: (line) => session.takes() && onLine(line, session),
      overflow: () => session.takes() && onOverflow(session),
      end: () => this.#drop(session, "the client has gone"),
    });
  }

  #ended(session: Session, end: WriterEnd): void {
    if (end.kind === "gone") return this.#drop(session, "the client has gone");
    const { queuedBytes, seconds } = end;
    this.#options.log.warn({ client: session.pid, queuedBytes, seconds }, "dropped a client that does not read its answers");
    this.#drop(session, new ToolError("slow-reader", { queued: queuedBytes, seconds }).message);
  }

  #drop(session: Session, reason: string): void {
    if (this.#byPid.get(session.pid) === session) this.close(session.pid, reason);
    else session.close(reason);
  }
}

export const DEFAULT_LIMITS: WriterLimits = { queueBytes: 16 * 1024 * 1024, stallMs: 30_000 };
