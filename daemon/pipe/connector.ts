import type { Logger } from "pino";
import { Connection } from "../../pipes/client/connection.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { standbyOf } from "../../pipes/protocol/names.ts";
import type { HealthReport } from "../../pipes/protocol/interfaces/worker.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { refuseLines, tell } from "./answering.ts";
import type { Handover } from "../succession/handing.ts";
import { Hearing, type Told } from "./hearing.ts";
import { Inquiry } from "./inquiry.ts";
import { Introduction } from "./introduction.ts";
import { LedgerFile } from "./ledger.ts";
import { Requests } from "./requests.ts";
import { staleness } from "./staleness.ts";
import { Upstream } from "./upstream.ts";
import type { PipeEvent, WorkerPipe } from "../worker/pipe.ts";

export interface ConnectorNews extends Told {
  /** Why nobody answers, as facts of the error `not-ready`: for those whose requests nobody will take any more. */
  standing(): { readonly state: string; readonly reason: string };
  /** It has gone from its end of the pipe. */
  lost(): void;
}

const AGAIN_MS = 2000;
/** The daemon's end of one tool's pipe: an ordinary client of it, and the one who keeps the upstream FIFO open. */
export class Connector implements WorkerPipe {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #news: ConnectorNews;
  /** Whose clients it speaks to; a standby's FIFO has another name. */
  readonly #name: string;
  #upstream: Upstream;
  readonly #ledger: LedgerFile;
  #connection: Connection | null = null;
  #opening = new AbortController();
  #report: (event: PipeEvent) => void = () => undefined;
  #unwatchReplaced: () => void = () => undefined;
  /** The process reads the shared FIFO only, where the next one finds what it leaves unread. */
  #readsShared = false;
  #kept = false;
  /** Whose worker has taken the place of ours. */
  #heir: Connector | null = null;
  readonly #requests: Requests;
  readonly #introduction: Introduction;
  readonly #inquiry = new Inquiry();
  readonly #hearing: Hearing;
  #ours = false;

  /** `ledgers` is the folder of the ledgers; `standby`: the worker serves at another FIFO until it takes the place of the one before. */
  constructor(folder: string, name: string, standby: boolean, ledgers: string, log: Logger, news: ConnectorNews) {
    this.#folder = folder;
    this.#name = name;
    this.#log = log;
    this.#news = news;
    this.#requests = new Requests(name);
    this.#introduction = new Introduction((interfaceName) => this.#send("get_interface", { name: interfaceName }), (shapes) => this.#news.interfaces(shapes));
    this.#hearing = new Hearing(news, this.#introduction);
    const served = standby ? standbyOf(name) : name;
    this.#upstream = new Upstream(folder, served);
    this.#ledger = new LedgerFile(ledgers, served, log);
  }

  get upstream(): Pick<Upstream, "descriptor" | "adopt"> {
    return this.#upstream;
  }

  get path(): string {
    return this.#upstream.path;
  }

  /** The worker is one of our servers: it reads a lane of ours. */
  get ours(): boolean {
    return this.#ours;
  }

  /** Whether a command is the one of the interface `worker`, and not one that the tool has under the same name. */
  answers(cmd: "health" | "configure" | "release"): boolean {
    return this.#ours && this.#introduction.lacks(cmd);
  }

  /**
   * Asks how the worker does: `answered` is called when it has answered, with null when that is all there is to know. A connection that
   * was lost while its process lives (we were halted, and taken for one that does not read) is opened again, which asks too.
   */
  askHealth(answered: (report: HealthReport | null) => void): void {
    const cmd = this.#inquiry.begin(answered, this.answers("health"));
    if (this.#connection === null) this.#subscribe();
    else this.#send(cmd);
  }

  /**
   * From now on `next` holds the tool's FIFO, and its ledger is the tool's; this one has what was the standby's. What is open to the workers
   * stays so. What this one's worker leaves undone when it ends is for that of `next`.
   */
  handOver(next: Connector): void {
    this.unwatch();
    this.#kept = false;
    this.#heir = next;
    [this.#upstream, next.#upstream] = [next.#upstream, this.#upstream];
    this.#ledger.exchange(next.#ledger);
  }

  /** @throws ToolError `already-running` when somebody else serves this tool, `not-a-fifo`, `not-ours` */
  hold(): void {
    this.#upstream.hold();
  }

  /** Before a process is spawned: the ledger that it is to write in. An earlier daemon may have left one to be settled. */
  prepare(): void {
    this.#settle();
    this.#ledger.prepare();
  }

  /** Nothing that was asked is left without an answer. */
  release(): void {
    if (this.#kept) return;
    const waiting = this.#upstream.release();
    this.#settle();
    const { sessions, unread } = this.#ledger.close();
    if (this.#heir !== null) return this.#heir.#upstream.add(unread.toString());
    const lines = (unread.toString() + waiting.join("")).split("\n");
    const error = new ToolError("not-ready", { tool: this.#name, ...this.#news.standing() });
    refuseLines(this.#folder, this.#name, lines, error, sessions);
  }

  /** While it is kept, `release` does nothing: the worker ends, and the next one of the tool is another. */
  keep(kept: boolean): void {
    this.#kept = kept;
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
    this.#ledger.attach();
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
    this.#unwatchReplaced();
    this.#hangUp();
    this.#report = () => undefined;
    this.#ours = false;
    this.#hearing.forget();
    this.#inquiry.forget();
    if (this.#upstream.held) this.#mendUpstream();
  }

  /** A process has ended: whoever waits for an answer that nobody can give any more is told so now. */
  #settle(): void {
    const settlement = this.#ledger.settle();
    if (settlement === null) return;
    const { sessions, interrupted, passing } = settlement;
    if (passing !== null) tell(this.#folder, this.#name, passing.pid, passing.bytes.toString());
    for (const { pid, torn } of sessions) if (torn) tell(this.#folder, this.#name, pid, "\n"); // the rest of the line is lost
    if (interrupted.length > 0) this.#log.info({ tool: this.#name, requests: interrupted.length, reason: "they had begun to be answered, or may not be repeated" }, "requests ended as interrupted");
    refuseLines(this.#folder, this.#name, interrupted, new ToolError("interrupted", { tool: this.#name }), sessions);
  }

  /** A program that knows no ledger finds in its FIFO what it has been left. */
  #bequeath(): void {
    const estate = this.#ledger.unclaimed();
    if (estate !== null) this.#prepend(estate.sessions, estate.unread);
  }

  #prepend(sessions: Handover["clients"], unread: Buffer): void {
    this.#upstream.prepend(sessions.map(({ pid, dialect, wants }) => `${JSON.stringify({ pid, cmd: "subscribe", dialect, wants })}\n`).join("") + unread.toString());
  }

  /** Nobody has taken what `estate` gave. To be called while no process reads. */
  takeBack({ clients, rest = "" }: Handover): void {
    if (clients.length > 0 || rest !== "") this.#prepend(clients, Buffer.from(rest, "base64"));
  }

  /** Asks the worker to leave the shared FIFO to its successor. Resolves to what that one is to be told. @throws ToolError */
  async retire(): Promise<Handover> {
    const { clients, rest } = await this.ask("retire");
    return { clients, rest } as Handover;
  }

  /** What a worker that has ended would have told. */
  estate(): Handover {
    const { sessions, unread } = this.#ledger.unclaimed() ?? { sessions: [], unread: Buffer.alloc(0) };
    return { clients: sessions.map(({ pid, dialect, wants }) => ({ pid, dialect, wants })), rest: unread.toString("base64") };
  }

  /** Asks it to serve at the tool's FIFO, in the place of the one before. @throws ToolError */
  async promote(handover: Handover): Promise<void> {
    await this.ask("promote", handover);
  }

  /** Asks the worker one thing. @throws ToolError what it says; `interrupted`; `timeout` after `limitMs` */
  async ask(cmd: string, args: object = {}, limitMs = Infinity): Promise<ToolEvent> {
    if (this.#connection === null) throw new ToolError("interrupted", { tool: this.#name });
    return this.#requests.ask(cmd, (id) => this.#send(cmd, args, id), limitMs);
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
    this.#requests.end();
  }

  #subscribe(): void {
    const connection = new Connection(
      { folder: this.#folder, name: this.#upstream.name, makeFifo: mkfifo, wants: ["progress"], timeoutMs: Infinity, unnamed: true },
      { event: (event) => this.#connection === connection && this.#take(event), lost: () => this.#connection === connection && this.#lost() },
    );
    this.#connection = connection;
    this.#opening = new AbortController();
    this.#watchReplaced();
    connection.open(this.#opening.signal).then(
      () => this.#connection === connection && this.#subscribed(),
      (error: unknown) => this.#connection === connection && this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    this.#connection = null;
    const again = setTimeout(() => this.#connection === null && this.#subscribe(), AGAIN_MS);
    this.#opening.signal.addEventListener("abort", () => clearTimeout(again), { once: true });
    this.#log.warn({ tool: this.#name, reason: ToolError.from(error).message }, "its pipe could not be opened; trying again");
  }

  /** Its process has ended, mostly. */
  #lost(): void {
    this.#connection = null;
    this.#requests.end();
    this.#news.lost();
  }

  #subscribed(): void {
    this.#unwatchReplaced();
    this.#ours = this.#connection?.laned === true;
    this.#readsShared = !this.#ours;
    this.#inquiry.settle(null);
    this.#report({ type: "answered" });
    this.#bequeath();
    this.#send("get_state");
    this.#send("get_description");
    this.#send("list_interfaces");
  }

  #watchReplaced(): void {
    this.#unwatchReplaced();
    this.#unwatchReplaced = this.#upstream.watchReplaced(() => {
      this.#log.info({ tool: this.#name, reason: "it did not take the one that was there" }, "it made its pipe anew; holding the new one");
      this.#mendUpstream();
      this.#hangUp();
      this.#subscribe();
    });
  }

  #send(cmd: string, args: object = {}, req_id = cmd): void {
    this.#connection?.send({ pid: process.pid, cmd, ...args, req_id });
  }

  #take(event: ToolEvent): void {
    if (!this.#requests.take(event) && !this.#inquiry.hear(event, this.#ours)) this.#hearing.take(event, this.#report);
  }
}
