import { EventEmitter } from "node:events";
import { embeddingsOf, otherwise } from "../../../engines/endpoint/embeddings.ts";
import type { Endpoint } from "../../../engines/endpoint/endpoint.ts";
import type { EngineEvents, Phase } from "../../../engines/engine.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { EmbedderFacts, ResidentEmbedder, TextKind } from "./embedder.ts";
import { spaceOf } from "./space.ts";
import { isBlank, normalize } from "./vectors.ts";

export interface OpenAiOptions extends Endpoint {
  readonly model: string;
  /** How many numbers a vector is to have; null takes what the endpoint sends. */
  readonly dimensions: number | null;
  readonly prefixes: { readonly query?: string | undefined; readonly passage?: string | undefined };
}

/** The embeddings of any endpoint that speaks as OpenAI's does. */
export class OpenAiEmbedder extends EventEmitter<EngineEvents> implements ResidentEmbedder {
  readonly id: string;
  readonly #options: OpenAiOptions;
  readonly #stopping = new AbortController();
  #dimensions: number | null;
  #phase: Phase = "down";

  constructor(options: OpenAiOptions) {
    super();
    this.#options = options;
    this.#dimensions = options.dimensions;
    const { model, dimensions, prefixes } = options;
    // A model's name alone is the same at every endpoint, and stays so where nothing else makes a difference.
    const marks = [dimensions, prefixes.passage ? spaceOf(model, prefixes) : null].filter((mark) => mark !== null);
    this.id = ["openai", model, ...marks].join(":");
  }

  get phase(): Phase {
    return this.#phase;
  }

  get dimensions(): number {
    if (this.#dimensions === null) throw new ToolError("not-ready", { tool: this.id, state: "loading" });
    return this.#dimensions;
  }

  /** Asks the endpoint for one vector, so that a wrong address or key is known before there is work. @throws ToolError, see `embed` */
  async load(): Promise<EmbedderFacts> {
    if (this.#phase === "stopped") throw this.#stopped();
    this.#phase = "loading";
    try {
      await this.embed(["dimensions"], "query");
      this.#phase = "ready";
      return { id: this.id, dimensions: this.dimensions };
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#phase = "failed";
      throw error;
    }
  }

  /** @throws ToolError `endpoint-failed` for an answer that is none, `endpoint-unavailable`, `cancelled` (or the signal's own ToolError), `stopping` */
  async embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const either = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    if (either.aborted) throw cancelled(either);
    const { model, dimensions, prefixes } = this.#options;
    const prefix = prefixes[kind] ?? "";
    const said = texts.filter((text) => !isBlank(text)).map((text) => prefix + text);
    const vectors = (await embeddingsOf(this.#options, { model, texts: said, dimensions }, either, (reason) => this.emit("log", "warn", reason))).map((vector) => this.#fitting(vector));
    return texts.map((text) => (isBlank(text) ? new Float32Array(this.#dimensions ?? 0) : vectors.shift()!));
  }

  stop(): Promise<void> {
    this.#phase = "stopped";
    this.#stopping.abort(this.#stopped());
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.stop();
  }

  #fitting(vector: readonly number[]): Float32Array {
    this.#dimensions ??= vector.length;
    if (vector.length !== this.#dimensions) throw otherwise(this.#options, `embeddings of ${this.#dimensions} numbers`, `one of ${vector.length}`);
    return normalize(Float32Array.from(vector));
  }

  #stopped(): ToolError {
    return new ToolError("stopping", { tool: this.id });
  }
}
