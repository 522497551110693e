import { HashEmbedder } from "../../servers/vector/embedders/hash-embedder.ts";
import { openEmbedder } from "../../servers/vector/embedders/open.ts";
import { weightDefaults } from "../../pipes/protocol/settings/vector.ts";
import type { Embedding } from "./evaluate.ts";

export interface Opened extends Embedding {
  close(): Promise<void>;
}

/** What a vector server without settings makes its vectors by. */
export function builtin(): Opened {
  const embedder = new HashEmbedder();
  return { space: { embedder: embedder.id, dimensions: embedder.dimensions }, weights: weightDefaults.builtin, embed: (texts) => embedder.embed(texts), close: () => embedder.close() };
}

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A model, as `model:` in tools.yaml names it. @throws ToolError what its loading throws */
export async function openModel(model: string, say: (text: string) => void): Promise<Opened> {
  const residence = openEmbedder({ tool: "quality", maxQueue: () => 1 }, { model }, {
    room: () => Promise.resolve(),
    loading: () => say(`loading ${model}`),
    progress: () => undefined,
    retrying: () => undefined,
    ready: () => undefined,
    failed: (error) => say(error.message),
    log: QUIET,
  });
  const embedder = await residence.wait({ signal: new AbortController().signal, queued: () => undefined, progress: () => undefined });
  return {
    space: { embedder: embedder.id, dimensions: embedder.dimensions },
    weights: weightDefaults.model,
    embed: (texts, kind) => embedder.embed(texts, kind),
    close: () => residence.close(),
  };
}
