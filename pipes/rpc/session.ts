import { INTERIM_EVENTS, type Dialect, type ToolEvent } from "../protocol/messages.ts";
import type { FifoReader } from "../transport/reader.ts";
import type { FifoWriter } from "../transport/writer.ts";
import type { Call } from "./call.ts";
import { toResult, toUpstream } from "./dialect.ts";

/** By then an upstream client that subscribed in order to ask has asked. */
const FIRST_REQUEST_MS = 250;

/** One subscribed client: where its answers go, how it speaks, and what it has asked that is not answered yet. */
export class Session {
  readonly pid: number;
  readonly wants: ReadonlySet<string>;
  /** It speaks our additions: it has a lane of its own and tells requests apart by `req_id`. */
  readonly ours: boolean;
  dialect: Dialect;
  readonly calls = new Set<Call>();
  readonly #writer: FifoWriter;
  #lane: FifoReader | null = null;
  /** `state_changed` events kept back while an upstream client waits for an answer. */
  #withheld: ToolEvent[] = [];
  /** Runs while an upstream client may be about to ask its first question. */
  #fresh: NodeJS.Timeout | null = null;
  readonly #onClose: Array<() => void> = [];
  #open = true;
  #paused = false;
  /** Its answers pile up, so its requests wait. */
  #congested = false;

  constructor(pid: number, writer: FifoWriter, options: { ours: boolean; dialect: Dialect; wants: readonly string[] }) {
    this.pid = pid;
    this.#writer = writer;
    this.ours = options.ours;
    this.dialect = options.dialect;
    this.wants = new Set(options.wants);
    if (!this.ours) this.#fresh = setTimeout(() => this.settle(), FIRST_REQUEST_MS).unref();
  }

  get open(): boolean {
    return this.#open;
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
      this.#read();
    });
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

  /** Takes no more requests from its lane until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#lane?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  #read(): void {
    if (this.#open && !this.#paused && !this.#congested) this.#lane?.resume();
  }

  /** Runs `fn` when the session is over. */
  onClose(fn: () => void): void {
    this.#onClose.push(fn);
  }

  async flushed(ms: number): Promise<void> {
    await this.#writer.flushed(ms);
  }

  /** Closes both pipes and cancels what is still running. The FIFOs are the client's own to remove. */
  close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#fresh !== null) clearTimeout(this.#fresh);
    this.#lane?.close();
    this.#writer.close();
    for (const call of this.calls) call.cancel(reason);
    for (const fn of this.#onClose) fn();
  }
}
