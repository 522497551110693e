import { existsSync } from "node:fs";
import type { Logger } from "pino";
import { Connection } from "../pipes/client/connection.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import type { ToolEvent } from "../pipes/protocol/messages.ts";
import type { SessionRecord } from "../pipes/rpc/ledger-format.ts";
import { mkfifo } from "../pipes/transport/libc.ts";
import { askedIn, refuseRequests, tell } from "./answering.ts";
import { LedgerFile } from "./ledger.ts";
import { Upstream } from "./upstream.ts";
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
  /** Why nobody answers, as facts of the error `not-ready`: for those whose requests nobody will take any more. */
  standing(): { readonly state: string; readonly reason: string };
  /** It has gone from its end of the pipe. */
  lost(): void;
}

const REPLACED_CHECK_MS = 250;

/** The daemon's end of one tool's pipe: an ordinary client of it, and the one who keeps the upstream FIFO open. */
export class Connector implements WorkerPipe {
  readonly #folder: string;
  readonly #name: string;
  readonly #log: Logger;
  readonly #news: ConnectorNews;
  readonly #upstream: Upstream;
  readonly #ledger: LedgerFile;
  #connection: Connection | null = null;
  #opening = new AbortController();
  #report: (event: PipeEvent) => void = () => undefined;
  #check: NodeJS.Timeout | null = null;
  /** The process reads the shared FIFO only, where the next one finds what it leaves unread. */
  #readsShared = false;
  #stateKnown = false;
  #asked: string[] = [];
  #shapes: InterfaceShape[] = [];

  /** `ledgers` is the folder of the ledgers. */
  constructor(folder: string, name: string, ledgers: string, log: Logger, news: ConnectorNews) {
    this.#folder = folder;
    this.#name = name;
    this.#log = log;
    this.#news = news;
    this.#upstream = new Upstream(folder, name);
    this.#ledger = new LedgerFile(ledgers, name, log);
  }

  get path(): string {
    return this.#upstream.path;
  }

  /** @throws ToolError `already-running` when somebody else serves this tool, `not-a-fifo`, `not-ours` */
  hold(): void {
    this.#upstream.hold();
  }

  /** Holds the FIFO of a worker that is taken over. @throws ToolError `not-a-fifo`, `not-ours` */
  adopt(): void {
    this.#upstream.adopt();
  }

  /** Before a process is spawned: the ledger that it is to write in. An earlier daemon may have left one to be settled. */
  prepare(): void {
    this.#settle();
    this.#ledger.prepare();
  }

  /** Nothing that was asked is left without an answer. */
  release(): void {
    this.#settle();
    const waiting = this.#upstream.release();
    const { sessions, unread } = this.#ledger.close();
    const lines = (unread.toString() + waiting.join("")).split("\n");
    const error = new ToolError("not-ready", { tool: this.#name, ...this.#news.standing() });
    this.#refuse(lines, error, sessions);
  }

  watch(requested: () => void): void {
    this.#settle();
    if (this.#ledger.owes) return requested(); // read by the process before, and not answered
    this.#upstream.watch(requested, staleness, (error) => this.#log.error({ tool: this.#name, reason: ToolError.from(error).message }, "its pipe cannot be held"));
  }

  unwatch(): void {
    this.#upstream.unwatch();
  }

  connect(_pid: number, report: (event: PipeEvent) => void): void {
    this.#leave();
    this.#report = report;
    this.#subscribe();
  }

  disconnect(): void {
    this.#leave();
    this.#settle();
  }

  drain(): void {
    if (this.#connection === null) this.#report({ type: "drained" });
    else this.#send("drain");
  }

  stop(): void {
    this.#send("stop");
  }

  #leave(): void {
    if (this.#check !== null) clearInterval(this.#check);
    this.#check = null;
    this.#hangUp();
    this.#report = () => undefined;
    this.#stateKnown = false;
    if (this.#upstream.held) this.#mendUpstream();
  }

  /** A process has ended: whoever waits for an answer that nobody can give any more is told so now. */
  #settle(): void {
    const settlement = this.#ledger.settle();
    if (settlement === null) return;
    const { sessions, interrupted } = settlement;
    for (const { pid, torn } of sessions) if (torn) tell(this.#folder, this.#name, pid, "\n"); // the rest of the line is lost
    if (interrupted.length > 0) this.#log.info({ tool: this.#name, requests: interrupted.length, reason: "they had begun to be answered, or may not be repeated" }, "requests ended as interrupted");
    this.#refuse(interrupted, new ToolError("interrupted", { tool: this.#name }), sessions);
  }

  #refuse(lines: ReadonlyArray<Buffer | string>, error: ToolError, sessions: readonly SessionRecord[]): void {
    const requests = lines.map(askedIn).filter((asked) => asked !== null);
    const said = requests.flatMap(({ pid, dialect }) => (dialect === undefined ? [] : [[pid, dialect] as const]));
    refuseRequests(this.#folder, this.#name, requests, error, new Map([...sessions.map(({ pid, dialect }) => [pid, dialect] as const), ...said]));
  }

  /** A program that knows no ledger finds in its FIFO what it has been left. */
  #handOver(): void {
    const estate = this.#ledger.unclaimed();
    if (estate === null) return;
    const sessions = estate.sessions.map(({ pid, dialect, wants }) => `${JSON.stringify({ pid, cmd: "subscribe", dialect, wants })}\n`);
    this.#upstream.prepend(sessions.join("") + estate.unread.toString());
  }

  /** What waits for the next process: in the FIFO that it will find, and nothing that was meant for the one before. */
  #mendUpstream(): void {
    try {
      this.#upstream.hold(staleness());
      if (this.#readsShared) this.#upstream.purge(staleness());
      this.#readsShared = false;
    } catch (error) {
      this.#log.error({ tool: this.#name, reason: ToolError.from(error).message }, "its pipe cannot be held");
    }
  }

  /** Also while it is still being opened, which nothing else would end: the worker's start deadline is not a connection's. */
  #hangUp(): void {
    this.#opening.abort();
    this.#connection?.close();
    this.#connection = null;
  }

  #subscribe(): void {
    const connection = new Connection(
      { folder: this.#folder, name: this.#name, makeFifo: mkfifo, wants: ["progress"], timeoutMs: Infinity },
      { event: (event) => this.#connection === connection && this.#take(event), lost: () => this.#connection === connection && this.#news.lost() },
    );
    this.#connection = connection;
    this.#opening = new AbortController();
    this.#watchReplaced();
    connection.open(this.#opening.signal).then(
      () => this.#connection === connection && this.#subscribed(),
      (error: unknown) => this.#connection === connection && this.#log.warn({ tool: this.#name, reason: ToolError.from(error).message }, "its pipe could not be opened"),
    );
  }

  #subscribed(): void {
    if (this.#check !== null) clearInterval(this.#check);
    this.#check = null;
    this.#readsShared = this.#connection?.laned === false;
    this.#report({ type: "answered" });
    this.#handOver();
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
    this.#check = setInterval(() => {
      if (this.#upstream.isCurrent || !existsSync(this.path)) return;
      this.#log.info({ tool: this.#name, reason: "it did not take the one that was there" }, "it made its pipe anew; holding the new one");
      this.#mendUpstream();
      this.#hangUp();
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
        this.#stateKnown = true;
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

  /** A tool of the older dialect knows no states and no `drain`, and may not say what it answers: that it does is all there is to know. */
  #understoodNot({ req_id }: ToolEvent): void {
    if (req_id === "drain" || req_id === undefined) this.#report({ type: "drained" });
    if (req_id === "get_state" || (req_id === undefined && !this.#stateKnown)) this.#report({ type: "stateReported", state: "idle", reason: null });
  }
}

/**
 * For the lines that wait, first to last: whether each is nothing for the next process. That is what the daemon has sent itself, the
 * `unsubscribe` of a client whose `subscribe` does not wait before it, and half a line whose other half has been read: either of
 * these ends an upstream server.
 */
function staleness(): (line: string) => boolean {
  const subscribing = new Set<unknown>();
  return (line) => {
    if (!line.endsWith("\n")) return false; // the rest is on its way
    const request = requestIn(line);
    if (request?.cmd === "subscribe") subscribing.add(request.pid);
    return request === null || request.pid === process.pid || (request.cmd === "unsubscribe" && !subscribing.delete(request.pid));
  };
}

function requestIn(line: string): { pid?: unknown; cmd?: unknown } | null {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return null;
  }
}
