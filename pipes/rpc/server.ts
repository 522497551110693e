import { ToolError } from "../protocol/errors.ts";
import type { Interface } from "../protocol/interfaces/define.ts";
import { MAX_LINE_BYTES, type ToolEvent } from "../protocol/messages.ts";
import { checkToolName, DEFAULT_PIPES } from "../protocol/names.ts";
import { Activity } from "./activity.ts";
import { SharedAudio } from "./audio/shared-audio.ts";
import { Admission } from "./admission.ts";
import { type About, type Builtin, builtins } from "./builtins.ts";
import { Commands, type Implementation } from "./commands.ts";
import { type Core, dispatch, refuseOverlong } from "./dispatch.ts";
import { drain } from "./drain.ts";
import { type HandlerFunction, type HandlerOptions, makeHandler } from "./handler.ts";
import { type Log, lineLog } from "./log.ts";
import { Post } from "./post.ts";
import { withResolvers } from "./resolvers.ts";
import type { Session } from "./session.ts";
import { DEFAULT_LIMITS, Sessions } from "./sessions.ts";
import type { ServerOptions } from "./server-options.ts";
import { readSettings } from "./settings.ts";
import { type OwnLoad, RELEASED, WorkerCommands } from "./worker.ts";
import { mkfifo } from "../transport/libc.ts";

const FLUSH_MS = 1000;

/**
 * A tool server: owns the FIFO `tool-NAME`, keeps one session a client, and runs a handler for each command.
 *
 *     const server = new ToolServer({ name: "greeter" });
 *     server.handler("greet", ({ name }) => `Hello, ${name}!`);
 *     await server.serve();
 */
export class ToolServer {
  readonly name: string;
  readonly log: Log;
  readonly #options: ServerOptions;
  readonly #commands = new Commands();
  readonly #sessions: Sessions;
  readonly #post: Post;
  readonly #about: { -readonly [K in keyof About]: About[K] };
  readonly #core: Core;
  readonly #activity = new Activity();
  readonly #admission: Admission;
  readonly #closed = withResolvers<string>();
  #closing = false;

  constructor(options: ServerOptions | string = {}) {
    const given = typeof options === "string" ? { name: options } : options;
    this.name = checkToolName(process.env["PIPE_TOOLS_TOOL"] ?? given.name ?? "");
    this.log = given.log ?? lineLog(this.name);
    this.#options = given;
    this.#about = this.#aboutOf(given);
    this.#admission = new Admission(this.name, { waiting: () => this.setState("waiting", { reason: "it waits for room in memory" }), alive: () => this.alive() });
    const folder = given.folder ?? process.env["PIPE_TOOLS_PIPES"] ?? DEFAULT_PIPES;
    const maxLine = given.maxLine ?? MAX_LINE_BYTES;
    this.#post = new Post({
      folder,
      name: this.name,
      maxLine,
      log: this.log,
      standby: process.env["PIPE_TOOLS_STANDBY"] === "1",
      sessions: () => this.#sessions,
      end: (reason) => void this.close(reason),
      promoted: () => this.onPromoted(),
      supervised: given.supervised ?? process.env["PIPE_TOOLS_SUPERVISED"] === "1",
      ledger: given.ledger ?? process.env["PIPE_TOOLS_LEDGER"] ?? null,
      sound: given.takesAudio === true ? new SharedAudio({ folder, name: this.name, log: this.log, sessions: () => this.#sessions }) : null,
      onLedger: (ledger) => this.#sessions.keepIn(ledger),
      onLine: (line) => dispatch(this.#core, line, null),
      onOverflow: (head) => refuseOverlong(this.#core, maxLine, head),
    });
    this.#sessions = new Sessions({
      folder,
      name: this.#post.name,
      log: this.log,
      makeFifo: mkfifo,
      limits: { ...DEFAULT_LIMITS, ...given.limits },
      maxLine,
      onLine: (line, session) => dispatch(this.#core, line, session),
      onOverflow: (session) => refuseOverlong(this.#core, maxLine, session),
    });
    this.#core = this.#makeCore();
  }

  /** Adds a handler. The function gets the arguments and the Call; see `answer.ts` for what it may give back. */
  handler(cmd: string, run: HandlerFunction): this;
  handler(cmd: string, options: HandlerOptions, run: HandlerFunction): this;
  handler(cmd: string, second: HandlerOptions | HandlerFunction, third?: HandlerFunction): this {
    const [options, run] = typeof second === "function" ? [{}, second] : [second, third];
    if (run === undefined) throw new TypeError(`handler("${cmd}") needs a function`);
    this.#commands.add(makeHandler(cmd, options, run));
    return this;
  }

  /** Adds a whole declared interface with its handlers. */
  implement<I extends Interface>(declared: I, functions: Implementation<I>): this {
    this.#commands.implement(declared, functions);
    return this;
  }

  /** What tools.yaml says of it; a new one can come while it runs. */
  get description(): string {
    return this.#about.description;
  }

  /** The settings in force. While it runs they are replaced as a whole, and only by what `onConfigure` has agreed to. */
  get settings(): Readonly<Record<string, unknown>> {
    return this.#about.settings;
  }

  get state(): string {
    return this.#about.standing.state;
  }

  /** How many clients are subscribed. */
  get clients(): number {
    return this.#sessions.size;
  }

  /** Changes the state and tells everybody. */
  setState(state: string, { reason = null }: { reason?: string | null } = {}): void {
    this.#changeState(state, reason, null);
  }

  /** `told` is the client that knows already. */
  #changeState(state: string, reason: string | null, told: Session | null): void {
    const before = this.#about.standing;
    if (state === before.state && reason === before.reason) return;
    this.#about.standing = { state, reason };
    this.#activity.mark();
    if (before.state === "loading") this.#activity.loaded();
    this.#sessions.broadcastState({ event: "state_changed", state, ...(reason === null ? {} : { reason }) }, told);
  }

  /** Sends an event to every client. */
  broadcast(event: ToolEvent): void {
    this.#sessions.broadcast(event);
  }

  /** Tells those who asked for it how far something long has come that is no single request, such as loading. */
  progress(stage: string, value: number, total: number | null): void {
    this.alive();
    this.#sessions.broadcast({ event: "progress", stage, value, total });
  }

  /**
   * Says that the work goes on, where there is nothing to send: a load that cannot say how far it has come, say. A request's own
   * `call.alive()` is the same for what is done for one client.
   */
  alive(): void {
    this.#activity.mark();
  }

  /** Opens the FIFO and begins to answer. @throws ToolError `already-running`, `not-a-fifo`, `not-ours` */
  async serve(): Promise<this> {
    await this.#post.open();
    this.log.info({ path: this.#post.path }, "serving");
    return this;
  }

  /** Resolves with the reason when the server has closed. */
  get closed(): Promise<string> {
    return this.#closed.promise;
  }

  /** Runs before the pipes close; for what a server must let go of. */
  protected async onClose(): Promise<void> {}

  /** Runs when a standby has taken the place of another, which ends soon: now it may take what only one of them can have. */
  protected onPromoted(): void {}

  /** Resolves when nothing is under way any more; for what goes on although its request has been answered. Nothing new comes meanwhile. */
  protected async onDrain(): Promise<void> {}

  /** Runs when a client cancels all that it has asked for; for what goes on although its request has been answered. */
  protected onCancelled(_session: Session): void {}

  /**
   * Runs when tools.yaml has other settings for a server that runs. What it throws (or rejects with) refuses them as a whole, and the
   * supervisor starts a new process with them instead. `this.settings` are still the old ones; they are the new ones once this
   * has returned. A server without this method takes no other settings while it runs.
   */
  protected onConfigure?(settings: Readonly<Record<string, unknown>>): void | Promise<void>;

  /**
   * Lets go of what it can load again when the next request needs it (weights, say), and gives back how many bytes that was, where known.
   * It is asked only while no request is under way. Afterwards the state is `released`, until the server sets another, which it
   * has to do as soon as it loads again. A server without this method frees its memory only by ending.
   */
  protected onRelease?(): Promise<number | void>;

  /** Tells the supervisor, which may ask every second, how many requests wait inside, and how fast the work goes. */
  protected onHealth(): OwnLoad {
    return {};
  }

  /**
   * To be awaited before what was released is loaded again: other tools may have to make room first, and meanwhile the state is
   * `waiting`. Resolves at once in a server that nobody looks after. @throws ToolError `not-ready`: there never will be room
   */
  protected room(): Promise<void> {
    return this.#admission.room();
  }

  /** Says that it stops, ends what is under way, and gives the FIFO up. */
  close(reason = "asked to"): Promise<void> {
    return this.#end(reason, null);
  }

  async #end(reason: string, told: Session | null): Promise<void> {
    if (this.#closing) return void (await this.closed);
    this.#closing = true;
    this.#changeState("stopping", null, told);
    this.#post.halt();
    await this.#sessions.closeAll(reason, FLUSH_MS);
    try {
      await this.onClose();
    } catch (error) {
      this.log.error({ error }, "closing was not clean");
    }
    this.#post.close();
    this.log.info({ reason }, "stopped");
    this.#closed.resolve(reason);
  }

  #aboutOf(given: ServerOptions): About {
    const commands = this.#commands;
    return {
      name: this.name,
      description: process.env["PIPE_TOOLS_DESCRIPTION"] ?? this.#ownDescription,
      settings: given.config ?? readSettings(),
      standing: { state: given.state ?? "idle", reason: null },
      get interfaces() {
        return commands.interfacesOf(this);
      },
    };
  }

  /** What a server that ends does not begin any more. */
  #unlessClosing(begin: Builtin): Builtin {
    return (about, args, call) => {
      if (this.#closing) throw new ToolError("stopping", { tool: this.name });
      begin(about, args, call);
    };
  }

  get #ownDescription(): string {
    return this.#options.description ?? `the tool ${this.name}`;
  }

  #makeCore(): Core {
    // oxlint-disable-next-line typescript/no-this-alias -- a getter has a `this` of its own
    const server = this;
    const worker = new WorkerCommands(this.#about, this.#activity, {
      ownDescription: this.#ownDescription,
      admission: this.#admission,
      clients: () => this.#sessions.size,
      configure: () => this.onConfigure?.bind(this) ?? null,
      release: () => this.onRelease?.bind(this) ?? null,
      released: () => this.setState(RELEASED, { reason: "the next request loads it again" }),
      load: () => this.onHealth(),
    });
    return {
      about: this.#about,
      sessions: this.#sessions,
      handlers: this.#commands.handlers,
      log: this.log,
      maxCalls: this.#options.maxCalls ?? 1024,
      activity: this.#activity,
      get stopping() {
        return server.#closing;
      },
      get ledger() {
        return server.#post.ledger;
      },
      separate: (line) => this.#post.separate(line),
      own: {
        cancel: (about, args, call) => {
          if (call.session !== null && call.reqId === undefined) this.onCancelled(call.session);
          builtins["cancel"]?.(about, args, call);
        },
        drain: (_, __, call) => drain(call, this.#post, this.#sessions, () => this.#closing, () => this.onDrain()),
        stop: (_, __, call) => {
          call.onEnd(() => void server.#end("asked to over its pipe", call.session));
          call.finish(call.session?.dialect === "result" ? { event: "stopping" } : { event: "state_changed", state: "stopping" });
        },
        health: (_, __, call) => worker.health(call),
        configure: this.#unlessClosing((_, args, call) => worker.configure(args, call)),
        release: this.#unlessClosing((_, __, call) => worker.release(call)),
        retire: this.#unlessClosing((_, __, call) => this.#post.retire(call)),
        promote: this.#unlessClosing((_, args, call) => this.#post.promote(args, call)),
        admit: (_, { refused }, call) => worker.admit(refused, call),
      },
    };
  }
}
