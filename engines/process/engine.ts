import { EventEmitter } from "node:events";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { deathWhileServing } from "./deaths.ts";
import type { Engine, EngineEvents, Phase } from "../engine.ts";
import { Job, type WorkCalls } from "./job.ts";
import { Loader, type LoaderOptions } from "./loader.ts";
import type { Report, Work } from "./messages.ts";
import { Queue } from "./queue.ts";

export interface ProcessOptions<W extends Work> extends LoaderOptions<W> {
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
}

type State<W extends Work> =
  | { readonly phase: "down" }
  | { readonly phase: "loading"; readonly loaded: Promise<W["model"]> }
  | { readonly phase: "ready"; readonly model: W["model"] }
  | { readonly phase: "failed"; readonly error: ToolError }
  | { readonly phase: "stopped" };

/**
 * An engine in a process of its own, seen from its server. It outlives that process: what was in flight fails with
 * `engine-died`, what waits keeps its place, and the next request brings the model back.
 */
export class ProcessEngine<W extends Work> extends EventEmitter<EngineEvents> implements Engine<W["model"]> {
  readonly #options: ProcessOptions<W>;
  readonly #loader: Loader<W>;
  readonly #queue = new Queue<Job<W>>();
  /** Sent to the process and not yet ended there, cancelled ones included: each still holds its place there. */
  readonly #active = new Map<number, Job<W>>();
  #maxQueue: number;
  #state: State<W> = { phase: "down" };
  #nextId = 1;

  /** Starts the process, which takes a moment even without a model; call `load` once the model's file is known to be there. */
  constructor(options: ProcessOptions<W>) {
    super();
    this.#options = options;
    this.#maxQueue = options.maxQueue;
    this.#loader = new Loader(options, {
      onReport: (report) => this.#take(report),
      onLost: (death) => this.#lost(deathWhileServing(death, options.tool)),
      onWords: (line) => this.emit("log", "warn", line),
    });
    this.#loader.prepare();
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  get model(): W["model"] | null {
    return this.#state.phase === "ready" ? this.#state.model : null;
  }

  /** Requests being worked on, cancelled ones that have not yet stopped included, and requests that wait. */
  get counts(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active.size, waiting: this.#queue.length };
  }

  /** The process, for metrics. */
  get pid(): number | undefined {
    return this.#loader.pid;
  }

  /** For the requests from now on. */
  protected set maxQueue(maxQueue: number) {
    this.#maxQueue = maxQueue;
  }

  /**
   * Loads the model, or waits for the load under way; a failed engine tries anew.
   * @throws ToolError `model-missing`, `model-corrupt`, `model-memory`, `engine-failed`, `stopping`
   */
  load(): Promise<W["model"]> {
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
   * One request. Waits while the model loads, and while as many are being worked on as fit side by side.
   * @throws ToolError `busy`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`, what `load` throws, and
   * what the engine's program does
   */
  protected async ask(request: W["request"], calls: WorkCalls<W>): Promise<W["result"]> {
    if (this.#state.phase === "stopped") throw this.#stopping();
    if (this.#state.phase === "failed") throw this.#state.error;
    if (calls.signal?.aborted === true) throw cancelled(calls.signal);
    if (calls.admitted !== true && calls.beside !== true && this.#queue.length - this.#free() >= this.#maxQueue) throw new ToolError("busy", { tool: this.#options.tool, queued: this.#queue.length });
    const job = new Job<W>(this.#nextId++, request, calls, (job) => this.#cancel(job));
    if (this.#state.phase === "ready" && (job.beside || this.#free() > 0)) this.#dispatch(job);
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

  async #load(): Promise<W["model"]> {
    try {
      const model = await this.#loader.load();
      this.#state = { phase: "ready", model };
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
    const parallel = this.#state.phase === "ready" ? this.#state.model.parallel : this.#options.load.parallel;
    let taken = 0;
    for (const { beside } of this.#active.values()) if (!beside) taken += 1;
    return parallel - taken;
  }

  #pump(): void {
    while (this.#state.phase === "ready") {
      const job = this.#queue.shift((next) => next.beside || this.#free() > 0);
      if (job === undefined) return;
      this.#dispatch(job);
    }
  }

  #dispatch(job: Job<W>): void {
    this.#active.set(job.id, job);
    const { id } = job;
    this.#loader.send({ type: "work", id, request: job.request });
    job.feed(
      (input) => this.#loader.send({ type: "input", id, input }),
      () => this.#loader.send({ type: "inputs-end", id }),
      (error) => {
        job.fail(error);
        this.#cancel(job);
      },
    );
  }

  #cancel(job: Job<W>): void {
    if (!this.#queue.remove(job) && this.#active.has(job.id)) this.#loader.send({ type: "cancel", id: job.id });
  }

  #take(report: Report<W>): void {
    switch (report.type) {
      case "progress":
        return void this.emit("progress", report.progress);
      case "log":
        return void this.emit("log", report.level, report.message);
      case "taken":
        return this.#active.get(report.id)?.taken();
      case "part":
        return this.#active.get(report.id)?.part(report.part);
      case "done":
        return this.#ended(report.id, (job) => job.finish(report.result));
      case "failed":
        return this.#ended(report.id, (job) => job.fail(new ToolError(report.error.code, report.error.facts)));
      case "started":
      case "loaded":
      case "load-failed":
    }
  }

  #ended(id: number, settle: (job: Job<W>) => void): void {
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
