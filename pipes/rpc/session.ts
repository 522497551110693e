import { writeSync } from "node:fs";
import { INTERIM_EVENTS, type Dialect, type ToolEvent } from "../protocol/messages.ts";
import type { FifoReader } from "../transport/reader.ts";
import type { FifoWriter } from "../transport/writer.ts";
import type { Call } from "./call.ts";
import type { Entry, Ledger } from "./ledger.ts";
import { SessionAudio, type SessionAudioOptions } from "./audio/session-audio.ts";
import { toResult, toUpstream } from "./dialect.ts";

/** By then an upstream client that subscribed in order to ask has asked. */
const FIRST_REQUEST_MS = 250;

/** One subscribed client: where its answers go, how it speaks, and what it has asked that is not answered yet. */
export class Session {
  readonly pid: number;
  readonly wants: ReadonlySet<string>;
  /** It speaks our additions: it has a lane of its own and tells requests apart by `req_id`. */
  readonly ours: boolean;
  #dialect: Dialect;
  readonly calls = new Set<Call>();
  readonly #writer: FifoWriter;
  #lane: FifoReader | null = null;
  /** Lines of its lane that were taken. */
  #read = 0;
  #halted = false;
  /** `state_changed` events kept back while an upstream client waits for an answer. */
  #withheld: ToolEvent[] = [];
  /** Runs while an upstream client may be about to ask its first question. */
  #fresh: NodeJS.Timeout | null = null;
  readonly #onClose: Array<() => void> = [];
  /** Where a client without a lane is written down; null for others, and where there is no ledger. */
  readonly #ledger: Ledger | null;
  /** Requests whose answers are not in the kernel yet. */
  #owed: Entry[] = [];
  #torn = false;
  #open = true;
  #paused = false;
  /** Its answers pile up, so its requests wait. */
  #congested = false;
  readonly #sound: Omit<SessionAudioOptions, "pid" | "laned">;
  #audio: SessionAudio | null = null;

  constructor(pid: number, writer: FifoWriter, options: { ours: boolean; dialect: Dialect; wants: readonly string[]; sound: Omit<SessionAudioOptions, "pid" | "laned">; ledger?: Ledger | null }) {
    this.pid = pid;
    this.#writer = writer;
    this.ours = options.ours;
    this.#dialect = options.dialect;
    this.wants = new Set(options.wants);
    this.#ledger = this.ours ? null : (options.ledger ?? null);
    this.#sound = options.sound;
    this.#enrol();
    if (!this.ours) this.#fresh = setTimeout(() => this.settle(), FIRST_REQUEST_MS).unref();
  }

  get open(): boolean {
    return this.#open;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  set dialect(dialect: Dialect) {
    if (dialect === this.#dialect) return;
    this.#dialect = dialect;
    this.#enrol();
  }

  /** Its data FIFOs; none is opened before a request needs it. */
  get audio(): SessionAudio {
    this.#audio ??= new SessionAudio({ ...this.#sound, pid: this.pid, laned: this.ours });
    return this.#audio;
  }

  attachLane(lane: FifoReader): void {
    this.#lane = lane;
  }

  send(event: ToolEvent): void {
    const line = this.encode(event);
    if (line !== null) this.sendLine(line);
  }

  /** The line that tells this client of the event, or null when it is not to be told. @throws TypeError what JSON cannot say */
  encode(event: ToolEvent): string | null {
    if (!this.#open) return null;
    if (INTERIM_EVENTS.has(event.event) && !this.wants.has(event.event) && !event.event.startsWith("audio")) return null;
    const wire = this.ours ? event : this.dialect === "result" ? toResult(event) : toUpstream(event);
    return `${JSON.stringify(wire)}\n`;
  }

  /** Writes a line as it is; reading its requests pauses while it does not read its answers. */
  sendLine(line: string): void {
    if (!this.#writer.write(line) || !this.#writer.full || this.#lane === null || this.#congested) return;
    this.#congested = true;
    this.#lane.pause();
    void this.#writer.ready().then(() => {
      this.#congested = false;
      this.#readOn();
    });
  }

  /** The line that is sent next ends a request of the ledger. */
  owe(entry: Entry): void {
    this.#owed.push(entry);
  }

  /** Writes what was sent; the requests that it answers are then answered, whatever becomes of this process. */
  offer(fd: number, bytes: Buffer): number {
    return this.#ledger?.deliver(this.pid, fd, bytes, this.#owed) ?? writeSync(fd, bytes);
  }

  /** All that was sent is in the kernel. */
  flushed(): void {
    if (this.#torn) this.#tear(false);
    if (this.#owed.length === 0) return;
    for (const entry of this.#owed) entry.settle();
    this.#owed = [];
  }

  /** The kernel has no room for the rest of what was sent: the client may have half a line. */
  blocked(): void {
    this.#tear(true);
  }

  /** Resolves when a stream of answers may go on. */
  ready(): Promise<void> {
    return this.#writer.ready();
  }

  get full(): boolean {
    return this.#writer.full;
  }

  /**
   * Tells of a new state. Upstream's client takes the first event that comes for its answer, so while it waits for one
   * (its own request may be what changed the state), or may be about to ask, it is told afterwards.
   */
  sendState(event: ToolEvent): void {
    if (!this.ours && (this.calls.size > 0 || this.#fresh !== null)) this.#withheld.push(event);
    else this.send(event);
  }

  /** Tells what was kept back, unless an answer is still awaited. */
  settle(): void {
    if (this.#fresh !== null) clearTimeout(this.#fresh);
    this.#fresh = null;
    if (this.calls.size === 0) for (const event of this.#withheld.splice(0)) this.send(event);
  }

  /** A request has had its final answer. */
  callEnded(call: Call): void {
    this.calls.delete(call);
    if (!this.ours) this.settle();
  }

  /** A line of its lane is to be taken now. False: not by this process any more. */
  takes(): boolean {
    if (this.#halted) return false;
    this.#read++;
    return true;
  }

  /** Takes no more requests from its lane, and says how many it has taken: the client sends those behind them to the next process. */
  halt(): void {
    if (this.#halted || this.#lane === null) return;
    this.#halted = true;
    this.#lane.pause();
    this.send({ event: "closing", read: this.#read });
  }

  /** Takes no more requests from its lane until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#lane?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#readOn();
  }

  #readOn(): void {
    if (this.#open && !this.#halted && !this.#paused && !this.#congested) this.#lane?.resume();
  }

  /** Runs `fn` when the session is over. */
  onClose(fn: () => void): void {
    this.#onClose.push(fn);
  }

  async drained(ms: number): Promise<void> {
    await this.#writer.flushed(ms);
  }

  #tear(torn: boolean): void {
    this.#torn = torn;
    this.#enrol();
  }

  #enrol(): void {
    this.#ledger?.enrol({ pid: this.pid, dialect: this.#dialect, wants: [...this.wants], torn: this.#torn });
  }

  /** Closes both pipes and cancels what is still running. The FIFOs are the client's own to remove. */
  close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#fresh !== null) clearTimeout(this.#fresh);
    this.#lane?.close();
    this.#writer.close();
    this.flushed(); // whoever does not read has no answer to wait for
    for (const call of this.calls) call.cancel(reason);
    this.#audio?.close();
    for (const fn of this.#onClose) fn();
  }
}
