import { EventEmitter } from "node:events";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { deathWhileServing } from "./deaths.ts";
import { cancelled, type GenerateCalls, Job } from "./job.ts";
import { Loader } from "./loader.ts";
import type { GenerateRequest, GenerateResult, LoadedModel, LoadProgress, LoadRequest, LogLevel, Report, SamplingOptions } from "./messages.ts";
import { Queue } from "./queue.ts";

export interface EngineOptions extends LoadRequest {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
  /** For what a request leaves out. */
  readonly sampling?: SamplingOptions;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

export interface EngineEvents {
  progress: [LoadProgress];
  loaded: [LoadedModel];
  /** The model cannot be loaded, and nothing is tried again until `load` is called. */
  failed: [ToolError];
  /** The process is gone while a model was loaded; the next request brings it back. */
  died: [ToolError];
  log: [LogLevel, string];
}

type State =
  | { readonly phase: "down" }
  | { readonly phase: "loading"; readonly loaded: Promise<LoadedModel> }
  | { readonly phase: "ready"; readonly model: LoadedModel }
  | { readonly phase: "failed"; readonly error: ToolError }
  | { readonly phase: "stopped" };

/**
 * llama.cpp in a process of its own, seen from the chat server. It outlives that process: what was in flight fails with
 * `engine-died`, what waits keeps its place, and the next request brings the model back.
 */
export class Engine extends EventEmitter<EngineEvents> {
  #options: EngineOptions;
  readonly #loader: Loader;
  readonly #queue = new Queue<Job>();
  /** Sent to the process and not yet ended there, cancelled ones included: each still holds a context. */
  readonly #active = new Map<number, Job>();
  #state: State = { phase: "down" };
  #nextId = 1;

  /** Starts the process, which takes a moment even without a model; call `load` once the model's file is known to be there. */
  static start(options: EngineOptions): Engine {
    const engine = new Engine(options);
    engine.#loader.prepare();
    return engine;
  }

  private constructor(options: EngineOptions) {
    super();
    this.#options = options;
    this.#loader = new Loader(options, {
      onReport: (report) => this.#take(report),
      onLost: (death) => this.#lost(deathWhileServing(death, options.tool)),
      onWords: (line) => this.emit("log", "warn", line),
    });
  }

  get phase(): State["phase"] {
    return this.#state.phase;
  }

  get model(): LoadedModel | null {
    return this.#state.phase === "ready" ? this.#state.model : null;
  }

  /** Replies being made, cancelled ones that have not yet stopped included, and requests that wait. */
  get counts(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active.size, waiting: this.#queue.length };
  }

  /** The process, for metrics. */
  get pid(): number | undefined {
    return this.#loader.pid;
  }

  /** For the requests from now on. What the process was started by stays. */
  configure(options: Pick<EngineOptions, "maxQueue" | "sampling">): void {
    this.#options = { ...this.#options, ...options };
  }

  /**
   * Loads the model, or waits for the load under way; a failed engine tries anew.
   * @throws ToolError `model-missing`, `model-corrupt`, `model-memory`, `engine-failed`, `stopping`
   */
  load(): Promise<LoadedModel> {
    const state = this.#state;
    switch (state.phase) {
      case "ready":
        return Promise.resolve(state.model);
      case "loading":
        return state.loaded;
      case "stopped":
        return Promise.reject(this.#stopping());
      case "down":
      case "failed": {
        const loaded = this.#load();
        this.#state = { phase: "loading", loaded };
        return loaded;
      }
    }
  }

  /**
   * One reply. Waits while the model loads, and while as many replies are being made as fit side by side.
   * @throws ToolError `busy`, `context-overflow`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`,
   * and what `load` throws
   */
  async generate(request: GenerateRequest, calls: GenerateCalls = {}): Promise<GenerateResult> {
    if (this.#state.phase === "stopped") throw this.#stopping();
    if (this.#state.phase === "failed") throw this.#state.error;
    if (calls.signal?.aborted === true) throw cancelled(calls.signal);
    const { tool, maxQueue, sampling } = this.#options;
    if (request.turn === undefined && this.#queue.length - this.#free() >= maxQueue) throw new ToolError("busy", { tool, queued: this.#queue.length });
    const job = new Job(this.#nextId++, { ...sampling, ...request }, calls, (job) => this.#cancel(job));
    if (this.#state.phase === "ready" && this.#free() > 0) this.#dispatch(job);
    else this.#queue.push(job);
    this.#bringBack();
    return job.result;
  }

  /** Ends the process; what is in flight or waits fails with `stopping`. */
  async stop(): Promise<void> {
    this.#state = { phase: "stopped" };
    this.#failActive(this.#stopping());
    for (const job of this.#queue.clear()) job.fail(this.#stopping());
    await this.#loader.stop(this.#stopping());
  }

  async #load(): Promise<LoadedModel> {
    try {
      const model = await this.#loader.load();
      this.#state = { phase: "ready", model };
      this.emit("loaded", model);
      this.#pump();
      return model;
    } catch (thrown) {
      const error = ToolError.from(thrown, "engine-failed", { tool: this.#options.tool });
      if (this.phase === "stopped") throw error;
      this.#state = { phase: "failed", error };
      this.emit("failed", error);
      for (const job of this.#queue.clear()) job.fail(error);
      throw error;
    }
  }

  /** A model that was lost is loaded again when somebody wants it, not before. */
  #bringBack(): void {
    if (this.#state.phase !== "down" || this.#queue.length === 0) return;
    // Its failure is told to everybody who waits, and by the event.
    this.load().catch(() => undefined);
  }

  #free(): number {
    const parallel = this.#state.phase === "ready" ? this.#state.model.parallel : this.#options.parallel;
    return parallel - this.#active.size;
  }

  #pump(): void {
    while (this.#state.phase === "ready" && this.#free() > 0) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#dispatch(job);
    }
  }

  #dispatch(job: Job): void {
    this.#active.set(job.id, job);
    this.#loader.send({ type: "generate", id: job.id, request: job.request });
  }

  #cancel(job: Job): void {
    if (!this.#queue.remove(job) && this.#active.has(job.id)) this.#loader.send({ type: "cancel", id: job.id });
  }

  #take(report: Report): void {
    switch (report.type) {
      case "progress":
        return void this.emit("progress", report.progress);
      case "log":
        return void this.emit("log", report.level, report.message);
      case "prompt":
        return this.#active.get(report.id)?.prompt(report.value, report.total);
      case "token":
        return this.#active.get(report.id)?.token(report.token);
      case "done":
        return this.#ended(report.id, (job) => job.finish(report.result));
      case "failed":
        return this.#ended(report.id, (job) => job.fail(new ToolError(report.error.code, report.error.facts)));
      case "started":
      case "loaded":
      case "load-failed":
    }
  }

  #ended(id: number, settle: (job: Job) => void): void {
    const job = this.#active.get(id);
    if (job === undefined) return;
    this.#active.delete(id);
    settle(job);
    this.#pump();
  }

  #lost(error: ToolError): void {
    if (this.#state.phase !== "ready") return;
    this.#state = { phase: "down" };
    this.#failActive(error);
    this.emit("died", error);
    this.#bringBack();
  }

  #failActive(error: ToolError): void {
    const jobs = [...this.#active.values()];
    this.#active.clear();
    for (const job of jobs) job.fail(error);
  }

  #stopping(): ToolError {
    return new ToolError("stopping", { tool: this.#options.tool });
  }
}
