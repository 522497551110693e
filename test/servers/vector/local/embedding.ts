import { ToolError } from "../../../../pipes/protocol/errors.ts";
import type { Embedder } from "../../../../servers/vector/embedders/embedder.ts";
import type { Embedding } from "../../../../servers/vector/local/thread.ts";

/** An embedder as a local backend is given one. */
export function embeddingOf(embedder: Embedder | null): Embedding {
  return {
    hashes: false,
    async embed(texts, kind, signal) {
      if (embedder === null) throw new ToolError("not-ready", { tool: "vector", state: "error" });
      return { vectors: await embedder.embed(texts, kind, signal), space: { embedder: embedder.id, dimensions: embedder.dimensions } };
    },
  };
}
