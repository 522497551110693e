import { INTERIM_EVENTS, type Dialect, type ToolEvent } from "../protocol/messages.ts";
import type { FifoReader } from "../transport/reader.ts";
import type { FifoWriter } from "../transport/writer.ts";
import type { Call } from "./call.ts";
import { toResult, toUpstream } from "./dialect.ts";

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
  /** `state_changed` events kept back from the client whose request caused them, and the requests they wait for. */
  #withheld: ToolEvent[] = [];
  readonly #causes = new Set<Call>();
  readonly #onClose: Array<() => void> = [];
  #open = true;
  #paused = false;

  constructor(pid: number, writer: FifoWriter, options: { ours: boolean; dialect: Dialect; wants: readonly string[] }) {
    this.pid = pid;
    this.#writer = writer;
    this.ours = options.ours;
    this.dialect = options.dialect;
    this.wants = new Set(options.wants);
  }

  get open(): boolean {
    return this.#open;
  }

  attachLane(lane: FifoReader): void {
    this.#lane = lane;
  }

  send(event: ToolEvent): void {
    if (!this.#open) return;
    if (INTERIM_EVENTS.has(event.event) && !this.wants.has(event.event) && !event.event.startsWith("audio")) return;
    const wire = this.ours ? event : this.dialect === "result" ? toResult(event) : toUpstream(event);
    this.sendLine(`${JSON.stringify(wire)}\n`);
  }

  /** Writes a line as it is; reading its requests pauses while it does not read its answers. */
  sendLine(line: string): void {
    if (!this.#writer.write(line) || !this.#writer.full || this.#lane === null) return;
    const lane = this.#lane;
    lane.pause();
    void this.#writer.ready().then(() => this.#open && !this.#paused && lane.resume());
  }

  /** Resolves when a stream of answers may go on. */
  ready(): Promise<void> {
    return this.#writer.ready();
  }

  get full(): boolean {
    return this.#writer.full;
  }

  /**
   * Tells of a new state. Upstream's client takes the first event that comes for its answer, so a state that its own
   * request brought about waits until that request has ended.
   */
  sendState(event: ToolEvent, cause: Call | null): void {
    const own = cause !== null && cause.session === this && !cause.ended;
    if (own && !this.ours) this.#causes.add(cause);
    if (this.#causes.size > 0) this.#withheld.push(event);
    else this.send(event);
  }

  /** A request has had its final answer. */
  callEnded(call: Call): void {
    this.calls.delete(call);
    if (!this.#causes.delete(call) || this.#causes.size > 0) return;
    for (const event of this.#withheld.splice(0)) this.send(event);
  }

  /** Takes no more requests from its lane until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#lane?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#lane?.resume();
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
    this.#lane?.close();
    this.#writer.close();
    for (const call of [...this.calls]) call.cancel(reason);
    for (const fn of this.#onClose) fn();
  }
}
