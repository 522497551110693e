import { EventEmitter } from "node:events";
import type { EngineEvents } from "../../../engines/engine.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import type { EmbedderFacts, ResidentEmbedder, TextKind } from "./embedder.ts";
import { HASH_EMBEDDER, hashEmbedding } from "./hash.ts";

/** `hashEmbedding` where an embedder is wanted. It has nothing to load, and no difference between queries and passages. */
export class HashEmbedder extends EventEmitter<EngineEvents> implements ResidentEmbedder {
  readonly id = HASH_EMBEDDER.id;
  readonly dimensions = HASH_EMBEDDER.dimensions;
  #phase: "ready" | "stopped" = "ready";

  get phase(): "ready" | "stopped" {
    return this.#phase;
  }

  load(): Promise<EmbedderFacts> {
    return Promise.resolve(HASH_EMBEDDER);
  }

  /** Gives way to the event loop now and then: a long list takes a while. */
  async embed(texts: readonly string[], _kind?: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    let begun = performance.now();
    for (const text of texts) {
      if (signal?.aborted === true) throw cancelled(signal);
      vectors.push(hashEmbedding(text));
      if (performance.now() - begun < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      begun = performance.now();
    }
    return vectors;
  }

  stop(): Promise<void> {
    this.#phase = "stopped";
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.stop();
  }
}

const TURN_MS = 5;
