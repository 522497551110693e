import { ToolError } from "../protocol/errors.ts";
import type { RequestId, ToolEvent } from "../protocol/messages.ts";
import type { AudioFormat } from "../protocol/audio.ts";
import type { Activity } from "./activity.ts";
import type { AudioReceiver, AudioSender } from "./audio/audio.ts";
import type { Entry } from "./ledger.ts";
import type { Session } from "./session.ts";

/** Clients time silence (30 s unless they say otherwise); one that waits its turn hears this often that it still does. */
const QUEUE_NEWS_MS = 10_000;

/**
 * One request on its way to exactly one final answer. A handler gets it beside the arguments: for its signal, for
 * interim news, and to say which client asked.
 */
export class Call {
  readonly cmd: string;
  readonly session: Session | null;
  readonly reqId: RequestId | undefined;
  /** The event that answers this command unless the handler names another. */
  readonly reply: string;
  readonly streams: boolean;
  /** Where it is written down in case that this process is killed. */
  entry: Entry | null = null;
  #ended = false;
  #abort: AbortController | null = null;
  #onEnd: Array<() => void> | null = null;
  #again: NodeJS.Timeout | undefined;
  /** Of the server's work; null for what the server answers by itself. */
  readonly #activity: Activity | null;
  readonly #begun: number;
  #position = 0;

  constructor(cmd: string, session: Session | null, reqId: RequestId | undefined, reply: string, streams: boolean, activity: Activity | null = null) {
    this.cmd = cmd;
    this.session = session;
    this.reqId = reqId;
    this.reply = reply;
    this.streams = streams;
    this.#activity = activity;
    this.#begun = activity?.begin() ?? 0;
    session?.calls.add(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Aborted when the client cancels, leaves or dies, and when the server stops. Made when first asked for. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#ended && !this.#abort.signal.aborted) this.#abort.abort(new ToolError("cancelled"));
    return this.#abort.signal;
  }

  /** The request waits its turn; 1 is next. Said again and again until other news. Reaches only clients that asked for such news. */
  queued(position: number, reason?: string): void {
    const event = { event: "queued", position, ...(reason === undefined ? {} : { reason }) };
    // To be told its first place is no step forward.
    if (position < this.#position) this.alive();
    this.#position = position;
    this.#tell(event);
    if (!this.#ended) this.#again = setInterval(() => this.session?.send(this.#tagged(event)), QUEUE_NEWS_MS).unref();
  }

  /** How far it has come; `total` is null where it is not known. Reaches only clients that asked for such news. */
  progress(stage: string, value: number, total: number | null): void {
    this.emit({ event: "progress", stage, value, total });
  }

  /**
   * Says that the work on this request goes on, where there is nothing to send. Each `emit` and `progress` says so, too. A server
   * whose requests get no further with any of this for `health.progress` (tools.yaml) is taken for hung, and replaced.
   */
  alive(): void {
    if (!this.#ended) this.#activity?.mark();
  }

  /** Sends an event of this request that is not its last. Waits for nothing; see `ready`. */
  emit(event: ToolEvent): void {
    this.alive();
    this.#tell(event);
  }

  #tell(event: ToolEvent): void {
    if (this.#ended) return;
    clearInterval(this.#again);
    if (event.done === false || event.event === "tool_call") this.entry?.begun();
    this.session?.send(this.#tagged(event));
  }

  /** Resolves when the client has room for more; a stream awaits it between its parts. */
  async ready(): Promise<void> {
    if (this.session?.full) await this.session.ready();
  }

  /**
   * Sends sound to the client over its data FIFO, after `audio_start`. One recording at a time goes to a client; this one waits its turn.
   * @throws ToolError `no-audio-pipe`, `cancelled`
   */
  async sendAudio(format: AudioFormat): Promise<AudioSender> {
    return this.#subscribed().audio.send(this, format);
  }

  /**
   * Sound that the client sends for this request; it is told to begin when the first is asked for. To be called once.
   * @throws ToolError `no-audio-pipe`, `invalid-request`
   */
  receiveAudio(): AudioReceiver {
    this.entry?.begun(); // what it has sent goes with this process: another could only wait for it
    return this.#subscribed().audio.receive(this);
  }

  /** @throws ToolError `cancelled` for a request of nobody: there is no pipe to its sender */
  #subscribed(): Session {
    if (this.#ended) throw new ToolError("cancelled");
    if (this.session === null) throw new ToolError("cancelled", { reason: "nobody has subscribed to its sound" });
    return this.session;
  }

  /** The final answer. What comes after it is dropped. */
  finish(event: ToolEvent): void {
    this.#end(event, null);
  }

  /** `failure`: the code of the error that it is, if it is one. */
  #end(event: ToolEvent, failure: string | null): void {
    if (this.#ended) return;
    // Before anything else, since it may throw: what JSON cannot say is the handler's failure, to be answered as such.
    const line = this.session?.encode(this.#tagged(event)) ?? null;
    this.#ended = true;
    clearInterval(this.#again);
    if (line === null) this.entry?.settle();
    else this.#send(line);
    this.#leave(failure);
  }

  #send(line: string): void {
    if (this.entry !== null) this.session?.owe(this.entry);
    this.session?.sendLine(line);
  }

  #leave(failure: string | null): void {
    this.#activity?.end(this.#begun, failure);
    this.session?.callEnded(this);
    for (const fn of this.#onEnd ?? []) fn();
  }

  fail(error: ToolError): void {
    const { code, message, facts } = error;
    // An older client waits for the closing part of a stream, whatever became of it.
    const closing = this.streams && this.session?.dialect === "result" ? { done: true } : {};
    this.#end({ event: "error", message, code, cmd: this.cmd, ...(Object.keys(facts).length === 0 ? {} : { details: facts }), ...closing }, code);
  }

  /** Ends the request as cancelled, and tells its handler. */
  cancel(reason?: string): void {
    this.abort(new ToolError("cancelled", reason === undefined ? {} : { reason }));
  }

  /** Ends the request with an error that is not its handler's, and tells the handler. */
  abort(error: ToolError): void {
    if (this.#ended) return;
    this.fail(error);
    this.#abort?.abort(error);
  }

  /** This process ends: what another one can answer is left to it, in the ledger; what it cannot ends with `error`. */
  stop(error: ToolError): void {
    if (this.#ended || this.entry?.repeatable !== true) return this.abort(error);
    this.#ended = true;
    clearInterval(this.#again);
    this.#leave(error.code);
    this.#abort?.abort(error);
  }

  /** Runs `fn` when the request has ended, however. */
  onEnd(fn: () => void): void {
    if (this.#ended) fn();
    else (this.#onEnd ??= []).push(fn);
  }

  #tagged(event: ToolEvent): ToolEvent {
    return this.reqId === undefined ? event : { ...event, req_id: this.reqId };
  }
}
