import { closeSync } from "node:fs";
import { ToolError } from "../protocol/errors.ts";
import { MAX_LINE_BYTES, type SubscribeOptions, type ToolEvent } from "../protocol/messages.ts";
import { fifoOf } from "../protocol/names.ts";
import { ensureFifo, hasReader, type MakeFifo, openFifo, openPresentFifo, removeFifo } from "../transport/fifo.ts";
import { FifoReader } from "../transport/reader.ts";
import { FifoWriter } from "../transport/writer.ts";
import { AudioPipes } from "./audio/audio-pipes.ts";
import { errorOf, parseEvent } from "./wire.ts";

export interface ConnectionOptions {
  readonly folder: string;
  readonly name: string;
  readonly makeFifo: MakeFifo;
  readonly wants: NonNullable<SubscribeOptions["wants"]>;
  /** How long the server may take to answer `subscribe`, in ms. */
  readonly timeoutMs: number;
  /** Leave no name behind once both ends are open, so that this process can have another connection to the tool at the time of this one. */
  readonly unnamed?: boolean;
}

export interface ConnectionEvents {
  event(event: ToolEvent): void;
  /** The server has gone: end of file on the downstream FIFO. Called once, and only after `open` has resolved. */
  lost(): void;
}

/** How often to look whether a server that has not answered `subscribe` yet is still there: a FIFO's writer is told nothing. */
const PRESENCE_MS = 250;
/** The end of a server shows on both of a client's pipes; by then it does on the other one, too. */
const LAST_WORDS_MS = 2000;
/** What must not be left behind when the process ends without closing it. */
const atExit = new Set<Connection>();
process.on("exit", () => {
  for (const connection of atExit) connection.close();
});

const WRITER_LIMITS = { queueBytes: Number.MAX_SAFE_INTEGER, stallMs: 3_600_000 };

/**
 * One client's pipes to one server, subscribed. Answers come on a downstream FIFO opened read-only, so that the end of
 * the server is an end of file; requests go over a lane of one's own, so that messages of any size stay whole. A server
 * that knows no lanes (upstream's) gets them on the shared FIFO.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #down: string;
  readonly #lane: string;
  /** For sound; none is made before a request needs one. */
  readonly audio: AudioPipes;
  #reader: FifoReader | null = null;
  #writer: FifoWriter | null = null;
  #acknowledge: ((event: ToolEvent) => void) | null = null;
  #refuse: ((error: Error) => void) | null = null;
  #letGo: (() => void) | null = null;
  #laned = false;
  #named = false;
  #lines = 0;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#down = fifoOf.downstream(options.folder, options.name, process.pid);
    this.#lane = fifoOf.lane(options.folder, options.name, process.pid);
    this.audio = new AudioPipes(options);
  }

  /** The server reads a lane of ours, so it is one that speaks our additions. */
  get laned(): boolean {
    return this.#laned;
  }

  /**
   * Subscribes. @throws ToolError `no-such-tool` when nobody has the FIFO open, `timeout` when nobody answers,
   * `interrupted` when the server goes meanwhile, `too-many-files` when it has no descriptor left, `already-connected`, `not-a-fifo`, `not-ours`
   */
  async open(signal?: AbortSignal): Promise<void> {
    const { folder, name, wants } = this.#options;
    const shared = openFifo(fifoOf.upstream(folder, name), "write");
    if (shared === null) throw new ToolError("no-such-tool", { tool: name });
    const writer = new FifoWriter(shared, { ...WRITER_LIMITS, shared: true }, { closed: () => this.#refuse?.(this.#gone()) });
    const held: number[] = [];
    try {
      this.#refuseSecond();
      atExit.add(this);
      this.#named = true;
      for (const path of [this.#down, this.#lane]) ensureFifo(path, this.#options.makeFifo);
      const down = openPresentFifo(this.#down, "read");
      held.push(down);
      // Until the server has opened its ends, ours keep the pipes from looking ended.
      held.push(openPresentFifo(this.#down, "write"));
      held.push(openPresentFifo(this.#lane, "both"));
      held.shift();
      this.#reader = new FifoReader(down, MAX_LINE_BYTES, { line: (line) => this.#take(line), overflow: () => undefined, end: () => this.#ended() });
      const request = { pid: process.pid, cmd: "subscribe", lane: true, wants } satisfies SubscribeOptions & Record<string, unknown>;
      const acknowledged = this.#acknowledged(signal);
      writer.write(`${JSON.stringify(request)}\n`);
      const ack = await acknowledged;
      this.#laned = ack["lane"] === true;
      this.#writer = this.#laned ? this.#openLane(writer) : writer;
      for (const fd of held.splice(0)) closeSync(fd);
      if (!this.#laned) removeFifo(this.#lane);
      else if (this.#options.unnamed === true) this.#removeNames();
    } catch (error) {
      for (const fd of held) closeSync(fd);
      writer.close();
      if (atExit.has(this)) this.close();
      throw error;
    }
  }

  /** Sends one message; what the pipe cannot take yet waits in memory. */
  send(message: object): void {
    this.sendLine(`${JSON.stringify(message)}\n`);
  }

  /** Sends a message that is a line already, newline and all. Gives its place among those that were sent: the first is 1. */
  sendLine(line: string): number {
    this.#writer?.write(line);
    return ++this.#lines;
  }

  /** Resolves when a sender of much should go on. */
  async ready(): Promise<void> {
    await this.#writer?.ready();
  }

  /**
   * Says good-bye, and waits up to `ms` until that is under way on the lane, or read from the shared FIFO: left unread there, it
   * would end the next process of an upstream server, to which it comes from a stranger. What tells is the end of the downstream FIFO.
   */
  async unsubscribe(ms: number): Promise<void> {
    if (this.#writer === null) return;
    this.send({ pid: process.pid, cmd: "unsubscribe" });
    if (this.#laned) return this.#writer.flushed(ms);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#letGo = () => (clearTimeout(timer), resolve());
    });
  }

  ref(): void {
    this.#reader?.ref();
  }

  /** Lets the process end while nothing but this connection is open. */
  unref(): void {
    this.#reader?.unref();
    this.#writer?.unref();
    this.audio.unref();
  }

  /** Closes and removes the pipes. */
  close(): void {
    this.#reader?.close();
    this.#writer?.close();
    this.audio.close();
    this.#reader = null;
    this.#writer = null;
    atExit.delete(this);
    this.#removeNames();
  }

  /** Once: later there may be others by these names. */
  #removeNames(): void {
    if (!this.#named) return;
    this.#named = false;
    removeFifo(this.#down);
    removeFifo(this.#lane);
  }

  #refuseSecond(): void {
    for (const path of [this.#down, this.#lane]) {
      if (!hasReader(path)) continue; // none, or one left over by an earlier process with this pid
      throw new ToolError("already-connected", { tool: this.#options.name });
    }
  }

  /**
   * From here on the server is the lane's only reader, so its end shows as EPIPE; that may be seen before its last answers, and before its word
   * of how far it has read. What comes behind those is the end of the downstream FIFO.
   */
  #openLane(shared: FifoWriter): FifoWriter {
    shared.close();
    return new FifoWriter(openPresentFifo(this.#lane, "write"), WRITER_LIMITS, { closed: () => void setTimeout(() => this.#ended(), LAST_WORDS_MS).unref() });
  }

  #acknowledged(signal?: AbortSignal): Promise<ToolEvent> {
    const { name, timeoutMs } = this.#options;
    return new Promise<ToolEvent>((resolve, reject) => {
      const refuse = (error: Error): void => (settle(), reject(error));
      const aborted = (): void => refuse(new ToolError("cancelled"));
      const timedOut = (): void => refuse(new ToolError("timeout", { tool: name, what: "sign of life", seconds: timeoutMs / 1000 }));
      const timer = Number.isFinite(timeoutMs) ? setTimeout(timedOut, timeoutMs) : undefined;
      const presence = setInterval(() => this.#isServed() || refuse(this.#gone()), PRESENCE_MS);
      const settle = (): void => {
        clearTimeout(timer);
        clearInterval(presence);
        signal?.removeEventListener("abort", aborted);
        this.#acknowledge = null;
        this.#refuse = null;
      };
      this.#acknowledge = (event) => (settle(), resolve(event));
      this.#refuse = refuse;
      signal?.addEventListener("abort", aborted, { once: true });
      if (signal?.aborted) aborted();
    });
  }

  /** Whether somebody has the shared FIFO open for reading. */
  #isServed(): boolean {
    return hasReader(fifoOf.upstream(this.#options.folder, this.#options.name));
  }

  #take(line: string): void {
    const event = parseEvent(line);
    if (event === null) return;
    if (this.#acknowledge !== null && event.event === "subscribed") this.#acknowledge(event);
    else if (this.#refuse !== null && event["code"] === "too-many-files") this.#refuse(errorOf(event));
    else this.#events.event(event);
  }

  #ended(): void {
    if (this.#refuse !== null) return this.#refuse(this.#gone());
    if (this.#reader === null) return;
    this.close();
    this.#letGo?.();
    this.#events.lost();
  }

  #gone(): ToolError {
    return new ToolError("interrupted", { tool: this.#options.name });
  }
}
