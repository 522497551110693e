import { ToolError } from "../protocol/errors.ts";
import type { Args } from "../protocol/interfaces/define.ts";
import { worker } from "../protocol/interfaces/worker.ts";
import { standbyOf } from "../protocol/names.ts";
import type { SharedAudio } from "./audio/shared-audio.ts";
import type { Call } from "./call.ts";
import { Endpoint, type EndpointOptions } from "./endpoint.ts";
import type { Ledger } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { validate } from "./validation.ts";

export interface PostOptions extends EndpointOptions {
  /** It serves at another FIFO until it is promoted. */
  readonly standby: boolean;
  readonly sessions: () => Sessions;
  readonly log: Log;
  /** It has taken the place of the worker before it. */
  readonly promoted: () => void;
  /** The data FIFO of those without a lane, where the server has one. */
  readonly sound: SharedAudio | null;
  /** Ends the server. */
  readonly end: (reason: string) => void;
}

/** How long the last answers may take on their way to a client that another worker is about to serve. */
const FLUSH_MS = 1000;

/**
 * A server's place at the tool's FIFO: the one that it has, that it waits for as a standby, or that it has left to its successor. At a
 * change of settings two servers of a tool hand it over, asked by the daemon: `retire` the one, then `promote` the other. Should the
 * daemon die meanwhile, the lock of the FIFO decides which of the two goes on; the other ends by itself.
 */
export class Post {
  readonly #options: PostOptions;
  #role: "standby" | "serving" | "retired";
  #endpoint: Endpoint;

  constructor(options: PostOptions) {
    this.#options = options;
    this.#role = options.standby ? "standby" : "serving";
    this.#endpoint = options.standby
      ? new Endpoint({ ...options, name: standbyOf(options.name), ledger: null, onAbandoned: () => options.end("the daemon has gone, and it was not needed yet") })
      : new Endpoint(options);
  }

  /** The name that its FIFOs have. */
  get name(): string {
    return this.#role === "standby" ? standbyOf(this.#options.name) : this.#options.name;
  }

  get path(): string {
    return this.#endpoint.path;
  }

  get ledger(): Ledger | null {
    return this.#endpoint.ledger;
  }

  /** @throws ToolError `already-running`, `not-a-fifo`, `not-ours` */
  async open(): Promise<void> {
    await this.#endpoint.open();
    if (this.#role === "serving") this.#options.sound?.open();
  }

  pause(): void {
    this.#endpoint.pause();
  }

  resume(): void {
    this.#endpoint.resume();
  }

  halt(): void {
    this.#endpoint.halt();
  }

  close(): void {
    this.#options.sound?.close({ remove: true });
    this.#endpoint.close();
  }

  /** See Endpoint. */
  separate(line: string): string | null {
    return this.#endpoint.separate(line);
  }

  /** Leaves the FIFO, and tells what its successor has to know. Each client follows as soon as it has had its answers. @throws ToolError `invalid-request` */
  retire(call: Call): void {
    const asker = call.session;
    if (asker?.ours !== true || this.#role !== "serving") throw new ToolError("invalid-request", { expected: "to be asked by a client with a lane, while it serves", got: `a server that is ${this.#role}` });
    this.#role = "retired";
    const rest = this.#endpoint.leave();
    this.#options.sound?.close({ remove: false });
    const others = [...this.#options.sessions()].filter((session) => session !== asker);
    const clients = others.filter(({ ours }) => !ours).map(({ pid, dialect, wants }) => ({ pid, dialect, wants: [...wants] }));
    asker.onClose(() => void this.#deserted());
    call.finish({ event: "retired", clients, rest: rest.toString("base64") });
    for (const session of others) void this.#letGo(session);
  }

  /** Serves at the tool's FIFO: as a standby in the place of the one before, or again after `retire`. @throws ToolError `invalid-request` */
  promote(message: Record<string, unknown>, call: Call): void {
    const { pid: _, cmd: __, req_id: ___, ...args } = message;
    validate(worker.commands.promote.args, args, true);
    this.#promote(args).then(
      () => call.finish({ event: "promoted" }),
      (error: unknown) => call.fail(ToolError.from(error, "handler-failed", { cmd: "promote" })),
    );
  }

  async #promote({ clients = [], rest = "" }: Args<typeof worker, "promote">): Promise<void> {
    if (this.#role === "serving") return;
    const isFirst = this.#role === "standby";
    await this.#serve();
    if (isFirst) this.#options.promoted();
    for (const { pid, dialect, wants } of clients) this.#options.sessions().resume(pid, dialect, wants);
    await this.#endpoint.feed(Buffer.from(rest, "base64"));
    this.#options.log.info({ path: this.path }, "serving");
  }

  async #serve(): Promise<void> {
    const before = this.#endpoint;
    const next = this.#role === "standby" ? new Endpoint(this.#options) : before;
    await next.open();
    if (next !== before) before.close();
    this.#endpoint = next;
    this.#role = "serving";
    this.#options.sound?.open();
    this.#options.sessions().rename(this.#options.name);
    for (const session of this.#options.sessions()) session.resume();
  }

  /** What it has begun is answered; then the client finds our successor, to which it sends what we have not read. */
  async #letGo(session: Session): Promise<void> {
    session.halt();
    await Promise.all([...session.calls].map((call) => new Promise<void>((ended) => call.onEnd(ended))));
    await session.drained(FLUSH_MS);
    const sessions = this.#options.sessions();
    // A client with a lane has been told, and comes again. One without knows of nothing, should the place be ours again.
    if ((session.ours || this.#role === "retired") && sessions.get(session.pid) === session) sessions.close(session.pid, "its successor serves");
  }

  /** Whoever asked us to leave has gone. If nobody has taken the place, it is ours. */
  async #deserted(): Promise<void> {
    if (this.#role !== "retired") return;
    try {
      await this.#serve();
    } catch (error) {
      this.#options.log.info({ reason: ToolError.from(error).message }, "its successor serves");
      const sessions = [...this.#options.sessions()];
      await Promise.all(sessions.map((session) => new Promise<void>((closed) => session.onClose(closed))));
      this.#options.end("its successor serves");
    }
  }
}
