import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import type { TextKind } from "../embedders/embedder.ts";
import { HASH_EMBEDDER, hashEmbedding } from "../embedders/hash.ts";
import type { Space } from "../backend.ts";

/** Makes the vectors of a store: the built-in way at once, all others by asking the process that has the embedder. */
export interface Vectors {
  /** What makes them. It may have to be loaded for that. */
  space(): Promise<Space>;
  embed(texts: readonly string[], kind: TextKind, signal: AbortSignal): Promise<Float32Array[]>;
  /** They cost next to nothing, so they need not be kept. */
  readonly cheap: boolean;
}

/** How long vectors may be made before others have their turn, in ms. */
const TURN_MS = 5;

export const hashVectors: Vectors = {
  cheap: true,
  space: async () => ({ embedder: HASH_EMBEDDER.id, dimensions: HASH_EMBEDDER.dimensions }),
  embed: async (texts, _kind, signal) => {
    const vectors: Float32Array[] = [];
    for (let begun = performance.now(); vectors.length < texts.length; ) {
      vectors.push(hashEmbedding(texts[vectors.length]!));
      if (performance.now() - begun < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) throw cancelled(signal);
      begun = performance.now();
    }
    return vectors;
  },
};
