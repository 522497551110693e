import { closeSync } from "node:fs";
import type { Logger } from "pino";
import { Connection } from "../pipes/client/connection.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import type { ToolEvent } from "../pipes/protocol/messages.ts";
import { fifoOf } from "../pipes/protocol/names.ts";
import { ensureFifo, openPresentFifo, removeFifo } from "../pipes/transport/fifo.ts";
import { identityOf } from "../pipes/transport/holders.ts";
import { mkfifo } from "../pipes/transport/libc.ts";
import type { PipeEvent, WorkerPipe } from "./worker/pipe.ts";

export interface Progress {
  readonly stage: string;
  readonly value: number;
  readonly total: number | null;
}

/** What a tool says of itself beside its state. */
export interface ConnectorNews {
  interfaces(interfaces: InterfaceShape[]): void;
  progress(progress: Progress): void;
  description(description: string): void;
}

/** A subscription is not timed here: the worker's own start deadline is the one that counts. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
const REPLACED_CHECK_MS = 250;

/** The daemon's end of one tool's pipe: an ordinary client of it, and the one who keeps the upstream FIFO open. */
export class Connector implements WorkerPipe {
  readonly path: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #log: Logger;
  readonly #news: ConnectorNews;
  #held: number | null = null;
  #connection: Connection | null = null;
  #report: (event: PipeEvent) => void = () => undefined;
  #check: NodeJS.Timeout | null = null;
  #asked: string[] = [];
  #shapes: InterfaceShape[] = [];

  constructor(folder: string, name: string, log: Logger, news: ConnectorNews) {
    this.#folder = folder;
    this.#name = name;
    this.#log = log;
    this.#news = news;
    this.path = fifoOf.upstream(folder, name);
  }

  hold(): void {
    if (this.#held !== null) return;
    ensureFifo(this.path, mkfifo);
    this.#held = openPresentFifo(this.path, "both");
  }

  release(): void {
    if (this.#held === null) return;
    removeFifo(this.path);
    closeSync(this.#held);
    this.#held = null;
  }

  connect(_pid: number, report: (event: PipeEvent) => void): void {
    this.disconnect();
    this.#report = report;
    this.#subscribe();
  }

  disconnect(): void {
    if (this.#check !== null) clearInterval(this.#check);
    this.#check = null;
    this.#connection?.close();
    this.#connection = null;
    this.#report = () => undefined;
  }

  drain(): void {
    if (this.#connection === null) this.#report({ type: "drained" });
    else this.#send("drain");
  }

  stop(): void {
    this.#send("stop");
  }

  #subscribe(): void {
    const connection = new Connection(
      { folder: this.#folder, name: this.#name, makeFifo: mkfifo, wants: ["progress"], timeoutMs: NO_TIMEOUT_MS },
      { event: (event) => this.#connection === connection && this.#take(event), lost: () => undefined }, // the exit of the process is the news
    );
    this.#connection = connection;
    this.#watchReplaced();
    connection.open().then(
      () => this.#connection === connection && this.#subscribed(),
      (error: unknown) => this.#connection === connection && this.#log.warn({ tool: this.#name, reason: ToolError.from(error).message }, "its pipe could not be opened"),
    );
  }

  #subscribed(): void {
    if (this.#check !== null) clearInterval(this.#check);
    this.#check = null;
    this.#report({ type: "answered" });
    this.#send("get_state");
    this.#send("get_description");
    this.#send("list_interfaces");
  }

  /**
   * A program that makes its FIFO anew instead of taking the one that is there leaves us holding a file without a name. Until
   * it has answered, look whether that has happened; there is no event for it.
   */
  #watchReplaced(): void {
    if (this.#check !== null) clearInterval(this.#check);
    let known = identityOf(this.path);
    this.#check = setInterval(() => {
      const now = identityOf(this.path);
      if (now === null || now === known) return;
      known = now;
      this.#log.info({ tool: this.#name }, "it made its pipe anew; holding the new one");
      const old = this.#held;
      this.#held = null;
      this.hold();
      if (old !== null) closeSync(old);
      this.#connection?.close();
      this.#subscribe();
    }, REPLACED_CHECK_MS);
  }

  #send(cmd: string, args: object = {}): void {
    this.#connection?.send({ pid: process.pid, cmd, ...args, req_id: cmd });
  }

  #take(event: ToolEvent): void {
    switch (event.event) {
      case "state":
      case "state_changed":
        return this.#report({ type: "stateReported", state: String(event["state"]), reason: typeof event["reason"] === "string" ? event["reason"] : null });
      case "progress":
        return this.#news.progress({ stage: String(event["stage"]), value: Number(event["value"]), total: typeof event["total"] === "number" ? event["total"] : null });
      case "description":
        return this.#news.description(String(event["description"]));
      case "interfaces":
        return this.#askInterfaces(event["interfaces"]);
      case "interface":
        return this.#takeInterface(event["interface"] as InterfaceShape);
      case "drained":
        return this.#report({ type: "drained" });
      case "error":
      case "reply":
        return this.#understoodNot(event);
      default:
        return undefined;
    }
  }

  #askInterfaces(names: unknown): void {
    this.#shapes = [];
    this.#asked = Array.isArray(names) ? names.map(String).filter((name) => name !== "base") : [];
    for (const name of this.#asked) this.#send("get_interface", { name });
    if (this.#asked.length === 0) this.#news.interfaces([]);
  }

  #takeInterface(shape: InterfaceShape): void {
    this.#shapes.push(shape);
    if (this.#shapes.length === this.#asked.length) this.#news.interfaces(this.#shapes);
  }

  /** A tool of the older dialect knows no states and no `drain`: that it answers is all there is to know. */
  #understoodNot(event: ToolEvent): void {
    if (event.req_id === "drain") return this.#report({ type: "drained" });
    if (event.req_id === "get_state" || event.req_id === undefined) this.#report({ type: "stateReported", state: "idle", reason: null });
  }
}
