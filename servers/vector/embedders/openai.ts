import { EventEmitter } from "node:events";
import type { EngineEvents, Phase } from "../../../engines/engine.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { EmbedderFacts, ResidentEmbedder, TextKind } from "./embedder.ts";
import { type Endpoint, post } from "./endpoint.ts";
import { spaceOf } from "./space.ts";
import { isBlank, normalize } from "./vectors.ts";

export interface OpenAiOptions extends Endpoint {
  readonly model: string;
  /** How many numbers a vector is to have; null takes what the endpoint sends. */
  readonly dimensions: number | null;
  readonly prefixes: { readonly query?: string | undefined; readonly passage?: string | undefined };
}

/** Texts and characters of one request: what every endpoint takes, OpenAI's 2048 texts and 300 000 tokens included. */
const MOST_TEXTS = 128;
const MOST_CHARACTERS = 200_000;

/** The embeddings of any endpoint that speaks as OpenAI's does. Source: platform.openai.com/docs/api-reference/embeddings/create */
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

  /** @throws ToolError `embedding-failed` for an answer that is none, `embedding-unavailable`, `cancelled` (or the signal's own ToolError), `stopping` */
  async embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const either = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    const prefix = this.#options.prefixes[kind] ?? "";
    const found = new Map<number, Float32Array>();
    for (const indexes of batchesOf(texts)) {
      if (either.aborted) throw cancelled(either);
      const { model, dimensions } = this.#options;
      const input = indexes.map((index) => prefix + texts[index]!);
      const body = { model, input, encoding_format: "float", ...(dimensions === null ? {} : { dimensions }) };
      const vectors = this.#read(await post(this.#options, body, either, (reason) => this.emit("log", "warn", reason)), input.length);
      for (const [at, index] of indexes.entries()) found.set(index, vectors[at]!);
    }
    return texts.map((_, index) => found.get(index) ?? new Float32Array(this.#dimensions ?? 0));
  }

  stop(): Promise<void> {
    this.#phase = "stopped";
    this.#stopping.abort(this.#stopped());
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.stop();
  }

  /** The vectors in the order of the input, whatever the order of the answer. */
  #read(answer: unknown, expected: number): Float32Array[] {
    const data = (answer as { data?: unknown } | null)?.data;
    if (!Array.isArray(data)) throw this.#wrong("a list `data` of embeddings", brief(answer));
    if (data.length !== expected) throw this.#wrong(`${expected} embeddings`, `${data.length}`);
    const vectors = Array.from<Float32Array | undefined>({ length: expected });
    for (const [at, entry] of (data as ({ index?: unknown; embedding?: unknown } | null)[]).entries()) {
      const index = entry?.index ?? at;
      if (typeof index !== "number" || !(index in vectors) || vectors[index] !== undefined) throw this.#wrong("each `index` once", brief(index));
      vectors[index] = normalize(this.#vectorOf(entry?.embedding));
    }
    return vectors as Float32Array[];
  }

  #vectorOf(value: unknown): Float32Array {
    if (!Array.isArray(value) || value.length === 0 || !value.every(Number.isFinite)) throw this.#wrong("an embedding as a list of numbers", brief(value));
    this.#dimensions ??= value.length;
    if (value.length !== this.#dimensions) throw this.#wrong(`embeddings of ${this.#dimensions} numbers`, `one of ${value.length}`);
    return Float32Array.from(value as number[]);
  }

  #wrong(expected: string, got: string): ToolError {
    return new ToolError("embedding-failed", { reason: `${this.#options.url} sent something else than was asked for: expected ${expected}, got ${got}` });
  }

  #stopped(): ToolError {
    return new ToolError("stopping", { tool: this.id });
  }
}

/** The places of texts that go together; those without content are not sent, for endpoints refuse them. */
function batchesOf(texts: readonly string[]): number[][] {
  const batches: number[][] = [];
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    if (isBlank(text)) continue;
    const last = batches.at(-1);
    if (last === undefined || last.length === MOST_TEXTS || characters + text.length > MOST_CHARACTERS) {
      batches.push([index]);
      characters = 0;
    } else last.push(index);
    characters += text.length;
  }
  return batches;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
