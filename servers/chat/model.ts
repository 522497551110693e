import { resolveModel } from "../../models/resolve.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { type ChatSettings, chatDefaults } from "../../pipes/protocol/settings/chat.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import type { Log } from "../../pipes/rpc/log.ts";
import { join } from "node:path";
import { ensureBuiltinModel } from "./builtin/ensure.ts";
import { Engine } from "./engine/engine.ts";
import type { GenerateRequest, GenerateResult, LoadedModel, Token } from "./engine/messages.ts";

export interface ModelEvents {
  /** Resolves when what was released may be loaded again. @throws ToolError `not-ready` */
  room(): Promise<void>;
  loading(): void;
  progress(stage: string, value: number, total: number | null): void;
  /** It is at work on the model without getting further: a server does not answer, say. */
  retrying(): void;
  ready(model: LoadedModel): void;
  /** It cannot be had. The next request tries again where that may help. */
  failed(error: ToolError): void;
  readonly log: Log;
}

export interface GenerateEvents {
  onToken(token: Token): void;
  /** It no longer waits for the model. */
  onBegin(): void;
}

/** How long after a failure a request may have it tried anew, in ms. */
const RETRY_AFTER_MS = 5000;

/** The model that the settings name: fetched, loaded, and kept; whoever wants it before that waits. */
export class Model {
  readonly #tool: string;
  #settings: Readonly<ChatSettings>;
  readonly #events: ModelEvents;
  readonly #closing = new AbortController();
  /** Requests that wait for the model; each is told how far it is. */
  readonly #waiting = new Set<Call>();
  #engine: Promise<Engine> | null = null;
  #current: Engine | null = null;
  /** Its weights were let go of, and are not back yet. */
  #released = false;
  /** Resolves when the memory is free. */
  #releasing: Promise<void> = Promise.resolve();
  /** The stage and tenth that the log knows of. */
  #logged = "";
  #failure: { error: ToolError; at: number } | null = null;

  constructor(tool: string, settings: Readonly<ChatSettings>, events: ModelEvents) {
    this.#tool = tool;
    this.#settings = settings;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#current?.phase === "ready";
  }

  /** Begins to bring the model, unless that is under way or done. */
  prepare(): void {
    this.#bring().catch(() => undefined); // told by `failed`, and to every request
  }

  /** Settings that differ only in what needs no other engine. They hold for the requests from now on. */
  configure(settings: Readonly<ChatSettings>): void {
    this.#settings = settings;
    this.#current?.configure(this.#perRequest);
  }

  async loaded(call: Call): Promise<LoadedModel> {
    const engine = await this.#wait(call);
    return engine.load();
  }

  /** @throws ToolError what the model's or the engine's failure is called, `busy`, `cancelled`, `context-overflow` */
  async generate(request: GenerateRequest, call: Call, events: GenerateEvents): Promise<GenerateResult> {
    const engine = await this.#wait(call);
    events.onBegin();
    this.#waiting.add(call);
    try {
      return await engine.generate(request, {
        signal: call.signal,
        onToken: (token) => {
          this.#waiting.delete(call);
          call.alive(); // a reply that is sent as a whole shows no token
          events.onToken(token);
        },
        onPrompt: (value, total) => call.progress("prompt", value, total),
        onQueued: (position) => call.queued(position),
      });
    } finally {
      this.#waiting.delete(call);
    }
  }

  /** Lets go of the weights until the next request. @throws ToolError `busy` while they are being loaded */
  async release(): Promise<void> {
    const engine = this.#current;
    if (this.#engine !== null && (engine === null || engine.phase === "loading")) throw new ToolError("busy", { tool: this.#tool, queued: this.#waiting.size });
    this.#engine = null;
    this.#current = null;
    this.#failure = null;
    this.#released = true;
    this.#releasing = engine?.stop() ?? Promise.resolve(); // a request that comes meanwhile waits for that
    await this.#releasing;
  }

  async close(): Promise<void> {
    this.#closing.abort(new ToolError("stopping", { tool: this.#tool }));
    await this.#current?.stop();
  }

  /** The engine once its model is loaded. A request that waits for it is told so, and leaves when it is cancelled. */
  async #wait(call: Call): Promise<Engine> {
    if (this.#current?.phase === "ready" || this.#current?.phase === "down") return this.#current;
    const maxQueue = this.#settings.maxQueue ?? chatDefaults.maxQueue;
    if (this.#waiting.size >= maxQueue) throw new ToolError("busy", { tool: this.#tool, queued: this.#waiting.size });
    const bringing = this.#bring();
    this.#waiting.add(call);
    call.queued(this.#waiting.size, this.#released ? "the model was released from memory and is loaded again" : "the model is loading");
    const cancelled = new Promise<never>((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason as Error), { once: true }));
    try {
      return await Promise.race([bringing, cancelled]);
    } finally {
      this.#waiting.delete(call);
    }
  }

  get #perRequest(): { maxQueue: number; sampling: ChatSettings } {
    return { maxQueue: this.#settings.maxQueue ?? chatDefaults.maxQueue, sampling: { ...chatDefaults, ...this.#settings } };
  }

  #bring(): Promise<Engine> {
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
  async #reopen(): Promise<Engine> {
    await this.#releasing;
    await this.#events.room();
    return this.#begin();
  }

  #begin(): Promise<Engine> {
    this.#events.loading();
    return this.#open();
  }

  async #open(): Promise<Engine> {
    const { model = chatDefaults.model, parallel = chatDefaults.parallel, threads = chatDefaults.threads, gpu = chatDefaults.gpu, gpuLayers = chatDefaults.gpuLayers } = this.#settings;
    const folder = places().models;
    const { path } = await resolveModel(model, {
      folder,
      builtin: ensureBuiltinModel,
      signal: this.#closing.signal,
      onProgress: ({ stage, value, total }) => this.#progress(stage, value, total),
      onRetry: (reason) => {
        this.#events.retrying();
        this.#events.log.warn({ model, reason }, "fetching the model: trying again");
      },
    });
    const contextSize = this.#settings.contextSize ?? null;
    const engine = Engine.start({ tool: this.#tool, path, parallel, threads, gpu, gpuLayers, contextSize, threadsCache: join(folder, "threads.json"), ...this.#perRequest });
    this.#listen(engine);
    this.#current = engine;
    try {
      const loaded = await engine.load();
      this.#released = false;
      this.#events.ready(loaded);
      return engine;
    } catch (error) {
      this.#current = null;
      await engine.stop();
      throw error;
    }
  }

  /** An engine that dies later brings itself back with the next request; only a model that has become unloadable is given up. */
  #listen(engine: Engine): void {
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
    for (const call of this.#waiting) call.progress(stage, value, total);
  }
}
