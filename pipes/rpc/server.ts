import { ToolError } from "../protocol/errors.ts";
import type { Interface } from "../protocol/interfaces/define.ts";
import { MAX_LINE_BYTES, type ToolEvent } from "../protocol/messages.ts";
import { checkToolName, DEFAULT_PIPES } from "../protocol/names.ts";
import type { WriterLimits } from "../transport/writer.ts";
import type { Call } from "./call.ts";
import { Commands, type Implementation } from "./commands.ts";
import { type Core, dispatch, refuseOverlong } from "./dispatch.ts";
import { Endpoint } from "./endpoint.ts";
import { type HandlerFunction, type HandlerOptions, makeHandler } from "./handler.ts";
import { type Log, lineLog } from "./log.ts";
import type { Session } from "./session.ts";
import { DEFAULT_LIMITS, Sessions } from "./sessions.ts";
import { mkfifo } from "../transport/libc.ts";

export interface ServerOptions {
  /** The tool's name; $PIPE_TOOLS_TOOL, which the daemon sets, goes before it. */
  name?: string;
  description?: string;
  /** Settings in force, as `get_config` tells them; $PIPE_TOOLS_SETTINGS by default. */
  config?: Record<string, unknown>;
  /** The folder of the FIFOs; $PIPE_TOOLS_PIPES, then /tmp, by default. */
  folder?: string;
  /** The state it starts in; `idle` by default. */
  state?: string;
  log?: Log;
  limits?: Partial<WriterLimits>;
  /** Longest message in bytes; 64 MiB by default. */
  maxLine?: number;
  /** Requests of one client that may be under way at once; 1024 by default. */
  maxCalls?: number;
  /** The upstream FIFO is held by the daemon and stays when this server stops. */
  supervised?: boolean;
}

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
  readonly description: string;
  readonly log: Log;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #options: ServerOptions;
  readonly #commands = new Commands();
  readonly #sessions: Sessions;
  readonly #endpoint: Endpoint;
  readonly #core: Core;
  readonly #closed = withResolvers<string>();
  #state: string;
  #reason: string | null = null;
  #closing = false;

  constructor(options: ServerOptions | string = {}) {
    const given = typeof options === "string" ? { name: options } : options;
    this.name = checkToolName(process.env["PIPE_TOOLS_TOOL"] ?? given.name ?? "");
    this.description = process.env["PIPE_TOOLS_DESCRIPTION"] ?? given.description ?? `the tool ${this.name}`;
    this.settings = given.config ?? readSettings();
    this.log = given.log ?? lineLog(this.name);
    this.#options = given;
    this.#state = given.state ?? "idle";
    const folder = given.folder ?? process.env["PIPE_TOOLS_PIPES"] ?? DEFAULT_PIPES;
    const maxLine = given.maxLine ?? MAX_LINE_BYTES;
    this.#sessions = new Sessions({
      folder,
      name: this.name,
      log: this.log,
      makeFifo: mkfifo,
      limits: { ...DEFAULT_LIMITS, ...given.limits },
      maxLine,
      onLine: (line, session) => dispatch(this.#core, line, session),
      onOverflow: (session) => refuseOverlong(this.#core, maxLine, session),
    });
    this.#endpoint = new Endpoint({
      folder,
      name: this.name,
      maxLine,
      log: this.log,
      supervised: given.supervised ?? process.env["PIPE_TOOLS_SUPERVISED"] === "1",
      onLine: (line) => dispatch(this.#core, line, null),
      onOverflow: (head) => refuseOverlong(this.#core, maxLine, head),
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

  get state(): string {
    return this.#state;
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
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#sessions.broadcastState({ event: "state_changed", state, ...(reason === null ? {} : { reason }) }, told);
  }

  /** Sends an event to every client. */
  broadcast(event: ToolEvent): void {
    this.#sessions.broadcast(event);
  }

  /** Tells those who asked for it how far something long has come that is no single request, such as loading. */
  progress(stage: string, value: number, total: number | null): void {
    this.#sessions.broadcast({ event: "progress", stage, value, total });
  }

  /** Opens the FIFO and begins to answer. @throws ToolError `already-running`, `not-a-fifo`, `not-ours` */
  async serve(): Promise<this> {
    await this.#endpoint.open();
    this.log.info({ path: this.#endpoint.path }, "serving");
    return this;
  }

  /** Resolves with the reason when the server has closed. */
  get closed(): Promise<string> {
    return this.#closed.promise;
  }

  /** Runs before the pipes close; for what a server must let go of. */
  protected async onClose(): Promise<void> {}

  /** Says that it stops, ends what is under way, and gives the FIFO up. */
  close(reason = "asked to"): Promise<void> {
    return this.#end(reason, null);
  }

  async #end(reason: string, told: Session | null): Promise<void> {
    if (this.#closing) return void (await this.closed);
    this.#closing = true;
    this.#changeState("stopping", null, told);
    this.#endpoint.pause();
    await this.#sessions.closeAll(reason, FLUSH_MS);
    try {
      await this.onClose();
    } catch (error) {
      this.log.error({ error }, "closing was not clean");
    }
    this.#endpoint.close();
    this.log.info({ reason }, "stopped");
    this.#closed.resolve(reason);
  }

  /** Stops taking requests, so that they wait for the next process; answers when those under way have ended. */
  #drain(call: Call): void {
    // Whoever speaks over the shared pipe, which pauses too, could not take it back.
    if (call.session?.ours !== true) throw new ToolError("invalid-request", { expected: "drain from a client with a lane of its own", got: "one without" });
    const others = [...this.#sessions].filter((session) => session !== call.session);
    this.#endpoint.pause();
    for (const session of others) session.pause();
    call.session?.onClose(() => {
      if (this.#closing) return;
      this.#endpoint.resume();
      for (const session of others) session.resume();
    });
    const underWay = [...this.#sessions].flatMap((session) => [...session.calls]).filter((other) => other !== call);
    void Promise.all(underWay.map((other) => new Promise<void>((ended) => other.onEnd(ended)))).then(() => call.finish({ event: "drained" }));
  }

  #makeCore(): Core {
    // oxlint-disable-next-line typescript/no-this-alias -- a getter has a `this` of its own
    const server = this;
    return {
      name: this.name,
      description: this.description,
      config: this.settings,
      sessions: this.#sessions,
      handlers: this.#commands.handlers,
      get stopping() {
        return server.#closing;
      },
      log: this.log,
      maxCalls: this.#options.maxCalls ?? 1024,
      get state() {
        return server.#state;
      },
      get stateReason() {
        return server.#reason;
      },
      get interfaces() {
        return server.#commands.interfacesOf(server);
      },
      drainAsked: (call) => this.#drain(call),
      stopAsked: (call) => {
        call.onEnd(() => void server.#end("asked to over its pipe", call.session));
        call.finish(call.session?.dialect === "result" ? { event: "stopping" } : { event: "state_changed", state: "stopping" });
      },
    };
  }
}

function readSettings(): Record<string, unknown> {
  const text = process.env["PIPE_TOOLS_SETTINGS"];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new ToolError("invalid-request", { path: "$PIPE_TOOLS_SETTINGS", expected: "a JSON object", got: text.slice(0, 40) }, { cause: error });
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
