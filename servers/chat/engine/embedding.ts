import type { LlamaEmbeddingContext } from "node-llama-cpp";
import { named } from "../../../engines/llama/weights.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { OpenModel } from "./load.ts";

/**
 * Vectors by a model that was made for talking. They have a context of their own, which is there from the first such request on, and evaluates one
 * text at a time.
 */
export class Embedding {
  readonly #open: OpenModel;
  #context: Promise<LlamaEmbeddingContext> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(open: OpenModel) {
    this.#open = open;
  }

  /** @throws ToolError `context-overflow`, `embedding-failed`, `model-memory`, or what `signal` was aborted with */
  of(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const vectors = this.#last.then(() => this.#vectors(texts, signal));
    this.#last = vectors.catch(() => undefined);
    return vectors;
  }

  async #vectors(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const context = await (this.#context ??= this.#opened());
    const vectors: number[][] = [];
    for (const text of texts) {
      signal.throwIfAborted();
      vectors.push(/^\s*$/.test(text) ? Array.from<number>({ length: this.#open.model.embeddingVectorSize }).fill(0) : await this.#vector(context, text));
    }
    return vectors;
  }

  async #vector(context: LlamaEmbeddingContext, text: string): Promise<number[]> {
    const tokens = this.#open.model.tokenize(text);
    const limit = this.#contextSize - ROOM;
    if (tokens.length > limit) throw new ToolError("context-overflow", { tokens: tokens.length, limit });
    const { vector } = await context.getEmbeddingFor(tokens);
    const length = Math.hypot(...vector);
    if (!Number.isFinite(length)) throw new ToolError("embedding-failed", { reason: "the model made a vector with something in it that is no number" });
    return length === 0 ? [...vector] : vector.map((value) => value / length);
  }

  async #opened(): Promise<LlamaEmbeddingContext> {
    const { open, model, facts } = this.#open;
    const size = this.#contextSize;
    try {
      return await named(open, facts.path, () => model.createEmbeddingContext({ contextSize: size, batchSize: size, threads: facts.threads }));
    } catch (error) {
      this.#context = null; // there may be memory for the next
      throw error;
    }
  }

  /** A whole text has to be evaluated at once, and the room for that grows with its square. */
  get #contextSize(): number {
    return Math.min(MOST_TOKENS, this.#open.model.trainContextSize);
  }
}

const MOST_TOKENS = 2048;
/** What may stand around a text, and one that llama.cpp leaves free. */
const ROOM = 3;
