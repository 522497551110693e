import { engineArguments } from "../../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../../engines/process/engine.ts";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import type { ResidentEmbedder, TextKind } from "../embedder.ts";
import { Chunks } from "./chunks.ts";
import type { EmbeddingWork, LoadedEmbedder, LoadRequest } from "./messages.ts";

export interface LlamaEmbedderOptions extends LoadRequest {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

/**
 * A model for embeddings in llama.cpp. Texts go to it a few at a time, about a tenth of a second's worth, and queries before
 * passages: a question does not wait until a folder has been read.
 */
export class LlamaEmbedder extends ProcessEngine<EmbeddingWork> implements ResidentEmbedder {
  readonly #tool: string;
  /** From the last load: a process that died meanwhile comes back the same. */
  #facts: LoadedEmbedder | null = null;
  readonly #chunks = new Chunks();

  static start({ tool, command = engineArguments(PROGRAM), ...load }: LlamaEmbedderOptions): LlamaEmbedder {
    return new LlamaEmbedder({ tool, library: "llama.cpp", maxQueue: Number.POSITIVE_INFINITY, command, load });
  }

  private constructor(options: ConstructorParameters<typeof ProcessEngine<EmbeddingWork>>[0]) {
    super(options);
    this.#tool = options.tool;
  }

  get id(): string {
    return this.#loaded.id;
  }

  get dimensions(): number {
    return this.#loaded.dimensions;
  }

  override async load(): Promise<LoadedEmbedder> {
    return (this.#facts = await super.load());
  }

  /** @throws ToolError `embedding-failed`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`, and what `load` throws */
  async embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors = Array.from<Float32Array>({ length: texts.length });
    // When one piece fails, the others are not wanted any more.
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    let next = 0;
    let truncated = 0;
    const work = async (): Promise<void> => {
      while (next < texts.length) {
        const from = next;
        next = this.#chunks.end(texts, from);
        const begun = performance.now();
        const chunk = texts.slice(from, next);
        const result = await this.ask({ texts: chunk, kind }, { signal: either, urgent: kind === "query" });
        this.#chunks.learn(chunk, performance.now() - begun);
        truncated += result.truncated;
        const dimensions = result.vectors.length / chunk.length;
        for (const index of chunk.keys()) vectors[from + index] = result.vectors.slice(index * dimensions, (index + 1) * dimensions);
      }
    };
    try {
      await Promise.all(Array.from({ length: this.#facts?.parallel ?? 1 }, work));
    } catch (error) {
      failed.abort(error);
      throw error;
    }
    if (truncated > 0) this.emit("log", "warn", `${truncated} of ${texts.length} texts had more tokens than the model takes (${this.#loaded.contextSize}); their vectors are of the beginning only`);
    return vectors;
  }

  close(): Promise<void> {
    return this.stop();
  }

  get #loaded(): LoadedEmbedder {
    if (this.#facts === null) throw new ToolError("not-ready", { tool: this.#tool, state: "loading" });
    return this.#facts;
  }
}

const PROGRAM = "servers/vector/embedders/llama/main";
