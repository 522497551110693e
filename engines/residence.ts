import { ToolError } from "../pipes/protocol/errors.ts";
import type { Log } from "../pipes/rpc/log.ts";
import type { Engine } from "./engine.ts";

/** What the server of an engine is told. */
export interface ResidenceEvents<Model> {
  /** Resolves when what was released may be loaded again. @throws ToolError `not-ready` */
  room(): Promise<void>;
  loading(): void;
  progress(stage: string, value: number, total: number | null): void;
  /** It is at work on the model without getting further: a server does not answer, say. */
  retrying(): void;
  ready(model: Model): void;
  /** It cannot be had. The next request tries again where that may help. */
  failed(error: ToolError): void;
  readonly log: Log;
}

export interface Tenancy<E> {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** How many requests may wait for the model. */
  readonly maxQueue: () => number;
  /** Fetches what is needed, and makes the engine, which is loaded then. @throws ToolError */
  readonly open: (opening: Opening) => Promise<E>;
}
export interface Opening {
  readonly signal: AbortSignal;
  readonly progress: (stage: string, value: number, total: number | null) => void;
  /** Something went wrong that is tried again. */
  readonly retrying: (facts: object) => void;
}

/** A request that waits; a `Call` is one. */
export interface Waiter {
  readonly signal: AbortSignal;
  queued(position: number, reason?: string): void;
  progress(stage: string, value: number, total: number | null): void;
}

/** What of a server tells its log and its clients; a ToolServer is one. */
export interface Teller {
  readonly log: Log;
  setState(state: string, why?: { reason?: string | null }): void;
  progress(stage: string, value: number, total: number | null): void;
  alive(): void;
}

/** How a server tells of its engine: by its state, its log and to its clients. `settle` chooses the state once the model is there. */
export function toldBy<Model extends object>(server: Teller, { room, settle }: { readonly room: () => Promise<void>; readonly settle: () => void }): ResidenceEvents<Model> {
  return {
    room,
    loading: () => server.setState("loading"),
    progress: (stage, value, total) => server.progress(stage, value, total),
    retrying: () => server.alive(),
    ready: (model) => {
      // Of a list, as of voices, the log says how long it is.
      server.log.info(Object.fromEntries(Object.entries(model).map(([key, value]) => [key, Array.isArray(value) ? value.length : value])), "model loaded");
      settle();
    },
    failed: (error) => {
      server.log.error({ code: error.code, details: error.facts }, error.message);
      server.setState("error", { reason: error.message });
    },
    log: server.log,
  };
}

/** How long after a failure a request may have it tried anew, in ms. */
const RETRY_AFTER_MS = 5000;

/** An engine that is fetched, loaded, and kept until it is told to leave; whoever wants it before that waits. */
export class Residence<Model, E extends Engine<Model>> {
  readonly #tenancy: Tenancy<E>;
  readonly #events: ResidenceEvents<Model>;
  readonly #closing = new AbortController();
  /** Requests that wait for the model; each is told how far it is. */
  readonly #waiting = new Set<Waiter>();
  /** Those of them that have no engine yet. */
  #early = 0;
  #engine: Promise<E> | null = null;
  #current: E | null = null;
  /** Its weights were let go of, and are not back yet. */
  #released = false;
  /** Resolves when the memory is free. */
  #releasing: Promise<void> = Promise.resolve();
  /** The stage and tenth that the log knows of. */
  #logged = "";
  #failure: { error: ToolError; at: number } | null = null;

  constructor(tenancy: Tenancy<E>, events: ResidenceEvents<Model>) {
    this.#tenancy = tenancy;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#current?.phase === "ready";
  }

  /** The engine as far as it is there: it may still be loading. */
  get engine(): E | null {
    return this.#current;
  }

  /** Requests that wait for the model, or for others that it works on. */
  get waiting(): number {
    return this.#early + (this.#current?.counts?.waiting ?? 0);
  }

  /** Begins to bring the engine, unless that is under way or done. */
  prepare(): void {
    this.#bring().catch(() => undefined); // told by `failed`, and to every request
  }

  /** The engine once its model is loaded. A request that waits for it is told so, and leaves when it is cancelled. */
  async wait(waiter: Waiter): Promise<E> {
    if (this.#current?.phase === "ready" || this.#current?.phase === "down") return this.#current;
    if (this.#waiting.size >= this.#tenancy.maxQueue()) throw new ToolError("busy", { tool: this.#tenancy.tool, queued: this.#waiting.size });
    const bringing = this.#bring();
    const leave = this.tell(waiter);
    this.#early++;
    waiter.queued(this.#waiting.size, this.#released ? "the model was released from memory and is loaded again" : "the model is loading");
    const cancelled = new Promise<never>((_, reject) => waiter.signal.addEventListener("abort", () => reject(waiter.signal.reason as Error), { once: true }));
    try {
      return await Promise.race([bringing, cancelled]);
    } finally {
      this.#early--;
      leave();
    }
  }

  /** Has a request told how far a load is, until it calls what is returned: an engine that dies is loaded again beneath it. */
  tell(waiter: Waiter): () => void {
    this.#waiting.add(waiter);
    return () => this.#waiting.delete(waiter);
  }

  /** Lets go of the weights until the next request. @throws ToolError `busy` while they are being loaded */
  async release(): Promise<void> {
    const engine = this.#current;
    if (this.#engine !== null && (engine === null || engine.phase === "loading")) throw new ToolError("busy", { tool: this.#tenancy.tool, queued: this.#waiting.size });
    this.#engine = null;
    this.#current = null;
    this.#failure = null;
    this.#released = true;
    this.#releasing = engine?.stop() ?? Promise.resolve(); // a request that comes meanwhile waits for that
    await this.#releasing;
  }

  async close(): Promise<void> {
    this.#closing.abort(new ToolError("stopping", { tool: this.#tenancy.tool }));
    await this.#current?.stop();
  }

  #bring(): Promise<E> {
    if (this.#engine !== null) return this.#engine;
    const failure = this.#failure;
    if (failure !== null && performance.now() - failure.at < RETRY_AFTER_MS) return Promise.reject(failure.error);
    const engine = this.#released ? this.#reopen() : this.#begin();
    this.#engine = engine;
    engine.catch((thrown: unknown) => {
      if (this.#engine !== engine) return; // the engine has said so itself
      const error = ToolError.from(thrown, "handler-failed", { cmd: "loading the model" });
      this.#engine = null;
      this.#failure = { error, at: performance.now() };
      if (!this.#closing.signal.aborted) this.#events.failed(error);
    });
    return engine;
  }

  /** Never two copies: the one before is out of memory, and there is room. */
  async #reopen(): Promise<E> {
    await this.#releasing;
    await this.#events.room();
    return this.#begin();
  }

  #begin(): Promise<E> {
    this.#events.loading();
    return this.#open();
  }

  async #open(): Promise<E> {
    const engine = await this.#tenancy.open({
      signal: this.#closing.signal,
      progress: (stage, value, total) => this.#progress(stage, value, total),
      retrying: (facts) => {
        this.#events.retrying();
        this.#events.log.warn(facts, "fetching the model: trying again");
      },
    });
    this.#listen(engine);
    this.#current = engine;
    try {
      const model = await engine.load();
      this.#released = false;
      this.#events.ready(model);
      return engine;
    } catch (error) {
      this.#current = null;
      await engine.stop();
      throw error;
    }
  }

  /** An engine that dies later brings itself back with the next request; only a model that has become unloadable is given up. */
  #listen(engine: E): void {
    const { log } = this.#events;
    engine.on("progress", ({ stage, value, total }) => this.#progress(stage, value, total));
    engine.on("log", (level, message) => log[level]({ from: "engine" }, message));
    engine.on("died", (error) => log.error({ code: error.code, details: error.facts }, error.message));
    engine.on("failed", (error) => {
      if (this.#engine === null || this.#current !== engine) return;
      this.#engine = null;
      this.#current = null;
      this.#failure = { error, at: performance.now() };
      this.#events.failed(error);
    });
  }

  #progress(stage: string, value: number, total: number | null): void {
    const tenth = `${stage} ${total === null || total === 0 ? "" : Math.floor((value / total) * 10)}`;
    if (tenth !== this.#logged) this.#events.log.info({ stage, value, total }, "preparing the model");
    this.#logged = tenth;
    this.#events.progress(stage, value, total);
    for (const waiter of this.#waiting) waiter.progress(stage, value, total);
  }
}
