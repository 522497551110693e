import { EventEmitter } from "node:events";
import { ToolError } from "../protocol/errors.ts";
import { MAX_LINE_BYTES, type ToolEvent } from "../protocol/messages.ts";
import type { MakeFifo } from "../transport/fifo.ts";
import { spawnMkfifo } from "../transport/mkfifo.ts";
import { AudioReply } from "./audio/audio-reply.ts";
import { AudioRequest } from "./audio/audio-request.ts";
import { Connection } from "./connection.ts";
import { type Address, resolveTool } from "./discover.ts";
import { type CallOptions, cancellation, Pending, type PendingEvents } from "./pending.ts";
import { EventStream } from "./stream.ts";
import { BROADCASTS, errorOf } from "./wire.ts";

export interface ConnectOptions {
  /** The folder of the FIFOs, instead of what the registry, $PIPE_TOOLS_PIPES or the default say. */
  folder?: string;
  /** How long the server may take to answer `subscribe`, in ms; 30 s by default. */
  timeout?: number;
  signal?: AbortSignal;
  /** Connect again when the server has gone, and send again what is idempotent; true by default. */
  reconnect?: boolean;
  makeFifo?: MakeFifo;
  /** Leave no names of pipes behind once they are open, so that nothing is left of a process that is killed; false by default. */
  unnamed?: boolean;
}

const SUBSCRIBE_TIMEOUT_MS = 30_000;
const UNSUBSCRIBE_MS = 1_000;

/**
 * A connection to a tool, by name or path: many requests at once, each told apart by its `req_id`.
 *
 *     const chat = await ToolClient.connect("chat");
 *     for await (const event of chat.stream("ask", { prompt: "Hello" })) process.stdout.write(String(event.text ?? ""));
 *     await chat.close();
 *
 * `on(event, fn)` sees every event by its name, `on("event", fn)` all of them, `on("lost", fn)` the end of the server,
 * `on("restored", fn)` that it is back, `on("closed", fn)` with a ToolError that it could not be reached again; the next
 * request tries once more. A process can have one connection to a tool at a time.
 */
export class ToolClient extends EventEmitter {
  readonly tool: string;
  readonly #address: Address;
  readonly #options: ConnectOptions;
  readonly #pending = new Map<number, Pending>();
  /** Ends an attempt to connect again when the client is closed meanwhile. */
  readonly #closing = new AbortController();
  #connection: Connection | null = null;
  #restoring = false;
  #nextId = 1;
  #closed = false;
  #held = true;
  /** The server echoes `req_id`, so an event without one answers no request. */
  #echoes = false;
  /** How many of our lines a server that is ending has read; null before it says so. */
  #read: number | null = null;

  private constructor(address: Address, options: ConnectOptions) {
    super();
    this.tool = address.name;
    this.#address = address;
    this.#options = options;
  }

  /** @throws ToolError `no-such-tool`, `not-ready`, `daemon-unreachable`, `timeout`, `already-connected`, `not-a-fifo` */
  static async connect(tool: string, options: ConnectOptions = {}): Promise<ToolClient> {
    const client = new ToolClient(resolveTool(tool, options.folder), options);
    try {
      await client.#open(options.signal);
      return client;
    } catch (error) {
      client.#retire();
      throw ToolError.from(error);
    }
  }

  /** Sends a command whose answer, if any, is left to `on`. Returns the `req_id` it went with. */
  sendCommand(cmd: string, args: object = {}): number {
    const id = this.#nextId++;
    this.#connected().sendLine(lineOf(this.tool, cmd, args, id));
    return id;
  }

  /** Sends a command and resolves with its final event. @throws ToolError what the server's `error` says, `timeout`, `cancelled`, `interrupted` */
  call(cmd: string, args: object = {}, options: CallOptions = {}): Promise<ToolEvent> {
    return new Promise((resolve, reject) => {
      this.#send(cmd, args, options, { part: (event, final) => final && resolve(event), failed: reject });
    });
  }

  /** Sends a command and gives its events as they come, the final one last. Breaking out of the loop cancels it. */
  stream(cmd: string, args: object = {}, options: CallOptions = {}): AsyncIterableIterator<ToolEvent> {
    let pending: Pending | null = null;
    const stream = new EventStream(() => pending?.abandon());
    pending = this.#send(cmd, args, options, stream);
    return stream;
  }

  /** Sends a command that is answered with sound, as tts's `say` with `play: false`: its PCM as it comes. Breaking out of the loop cancels it. */
  receiveAudio(cmd: string, args: object = {}, options: CallOptions = {}): AudioReply {
    let pending: Pending | null = null;
    const reply: AudioReply = new AudioReply({
      announce: (sink) => this.#connection?.audio.announce(sink),
      pace: () => this.#connection?.audio.pace(),
      time: (whose) => pending?.time(whose),
      leave: () => pending?.abandon(),
    });
    pending = this.#send(cmd, args, options, reply, (connection) => connection.audio.openDown());
    pending.hears = true;
    return reply;
  }

  /** Sends a command that takes sound, as stt's `transcribe` with `audio`: PCM goes into its `input`, the events come as from `stream`. */
  sendAudio(cmd: string, args: object = {}, options: CallOptions = {}): AudioRequest {
    let pending: Pending | null = null;
    const id = this.#nextId;
    const request: AudioRequest = new AudioRequest({
      send: (pcm) => this.#connected().audio.send(id, pcm),
      time: (whose) => pending?.time(whose),
      leave: () => pending?.abandon(),
    });
    pending = this.#send(cmd, args, options, request, (connection) => connection.audio.openLane());
    return request;
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves when a sender of much should go on. */
  async ready(): Promise<void> {
    await this.#connection?.ready();
  }

  /** Lets the process end while nothing but this connection is open. */
  unref(): this {
    this.#held = false;
    this.#connection?.unref();
    return this;
  }

  /** Unsubscribes and removes the pipes. Requests under way end as `cancelled`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort();
    for (const pending of this.#pending.values()) pending.fail(new ToolError("cancelled", { reason: "the connection was closed" }));
    await this.#connection?.unsubscribe(UNSUBSCRIBE_MS);
    this.#retire();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(cmd: string, args: object, options: CallOptions, events: PendingEvents, prepare: Pending["prepare"] = null): Pending {
    const id = this.#nextId++;
    const pending: Pending = new Pending(this.tool, lineOf(this.tool, cmd, args, id), options, events, (early) => {
      this.#pending.delete(id);
      if (early && pending.sent) this.#connection?.send({ pid: process.pid, cmd: "cancel", req_id: id });
    });
    pending.prepare = prepare;
    this.#pending.set(id, pending);
    if (options.signal?.aborted) queueMicrotask(() => pending.fail(cancellation(options.signal)));
    else if (this.#connection !== null) this.#dispatch(pending, this.#connection);
    else if (this.#closed || this.#options.reconnect === false) queueMicrotask(() => pending.fail(this.#interrupted()));
    else if (!this.#restoring) void this.#restore(); // which sends all that waits
    return pending;
  }

  #dispatch(pending: Pending, connection: Connection): void {
    try {
      pending.prepare?.(connection);
    } catch (error) {
      return queueMicrotask(() => pending.fail(ToolError.from(error)));
    }
    pending.sent = true;
    pending.refused = null;
    pending.place = connection.sendLine(pending.line);
  }

  async #open(signal?: AbortSignal): Promise<void> {
    const { makeFifo = spawnMkfifo, timeout = SUBSCRIBE_TIMEOUT_MS, unnamed = false } = this.#options;
    const { folder, name } = this.#address;
    const connection = new Connection(
      { folder, name, makeFifo, wants: ["queued", "progress", "tool_call", "tool_result"], timeoutMs: timeout, unnamed },
      { event: (event) => this.#take(event), lost: () => this.#lost() },
    );
    try {
      await connection.open(signal);
    } catch (error) {
      const problem = ToolError.from(error);
      throw problem.code === "no-such-tool" ? this.#address.explain() : problem;
    }
    this.#connection = connection;
    this.#read = null;
    this.#echoes = connection.laned;
    if (!this.#held) connection.unref();
  }

  #take(event: ToolEvent): void {
    const pending = this.#pendingOf(event);
    // Sound that nobody waits for any more has to be read all the same: another's comes behind it.
    if (event.event === "audio_start" && pending?.hears !== true) this.#connection?.audio.announce(null);
    if (event.event === "closing") this.#read = Number(event["read"]);
    if (this.listenerCount(event.event) > 0 && event.event !== "error") this.emit(event.event, event);
    this.emit("event", event);
    if (pending !== undefined && this.#givesBack(event, pending)) pending.refused = errorOf(event);
    else pending?.take(event);
  }

  /** A server that is ending has let go of a request that the next process can answer. */
  #givesBack(event: ToolEvent, pending: Pending): boolean {
    return this.#read !== null && event.event === "error" && event["code"] === "stopping" && this.#options.reconnect !== false && pending.repeatable;
  }

  /** An upstream server of the older dialect echoes no `req_id`; its answers come in the order of the requests. */
  #pendingOf(event: ToolEvent): Pending | undefined {
    if (event.req_id !== undefined) {
      this.#echoes = true;
      return typeof event.req_id === "number" ? this.#pending.get(event.req_id) : undefined;
    }
    if (event["code"] === "line-too-long") return this.#tooLong((event["details"] as { limit?: unknown } | undefined)?.limit);
    if (this.#echoes || BROADCASTS.has(event.event)) return undefined;
    return this.#pending.values().next().value;
  }

  /** The server skipped a message without having read its `req_id`: the earliest of ours that is longer than it takes. */
  #tooLong(limit: unknown): Pending | undefined {
    for (const pending of this.#pending.values()) if (Buffer.byteLength(pending.line) - 1 > Number(limit)) return pending;
    return undefined;
  }

  #lost(): void {
    this.#connection = null;
    if (this.#closed) return; // the server has let go because we asked it to
    this.emit("lost");
    const again = this.#options.reconnect !== false;
    const unread = ({ place }: Pending): boolean => this.#read !== null && place > this.#read;
    for (const pending of this.#pending.values()) if (!again || !(pending.repeatable || unread(pending))) pending.fail(this.#interrupted());
    if (again) void this.#restore();
  }

  /** The daemon holds the FIFO of a tool that restarts, so `subscribe` waits in it for the next process. */
  async #restore(): Promise<void> {
    this.#restoring = true;
    try {
      await this.#open(this.#closing.signal);
    } catch (error) {
      this.#restoring = false;
      const cause = ToolError.from(error);
      for (const pending of this.#pending.values()) pending.fail(pending.refused ?? new ToolError("interrupted", { tool: this.tool, hint: cause.message }, { cause }));
      this.emit("closed", cause);
      return;
    }
    this.#restoring = false;
    if (this.#closed || this.#connection === null) return this.#retire();
    for (const pending of this.#pending.values()) this.#dispatch(pending, this.#connection);
    this.emit("restored");
  }

  #connected(): Connection {
    if (this.#connection === null) throw this.#interrupted();
    return this.#connection;
  }

  #interrupted(): ToolError {
    return new ToolError("interrupted", { tool: this.tool });
  }

  #retire(): void {
    this.#closed = true;
    this.#connection?.close();
    this.#connection = null;
  }
}

/** A request as a line; the envelope wins over arguments of the same names. @throws ToolError `invalid-request`, `line-too-long` */
function lineOf(tool: string, cmd: string, args: object, id: number): string {
  const line = `${encoded({ ...args, pid: process.pid, cmd, req_id: id })}\n`;
  if (line.length <= MAX_LINE_BYTES / 3 || Buffer.byteLength(line) - 1 <= MAX_LINE_BYTES) return line;
  throw new ToolError("line-too-long", { tool, limit: MAX_LINE_BYTES });
}

function encoded(message: object): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    throw new ToolError("invalid-request", { expected: "arguments that JSON can say", got: (error as Error).message }, { cause: error });
  }
}
