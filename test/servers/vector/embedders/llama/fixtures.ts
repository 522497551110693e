import { LlamaEmbedder, type LlamaEmbedderOptions } from "../../../../../servers/vector/embedders/llama/embedder.ts";

/** An embedder on the processor, with one thread in one context unless told otherwise. */
export function startEmbedder(path: string, options: Partial<LlamaEmbedderOptions> = {}): LlamaEmbedder & AsyncDisposable {
  const embedder = LlamaEmbedder.start({ tool: "vector", path, parallel: 1, threads: 1, gpu: false, gpuLayers: "auto", threadsCache: null, prefixes: {}, ...options });
  return Object.assign(embedder, { [Symbol.asyncDispose]: () => embedder.close() });
}

