import { join } from "node:path";
import { endpointOf } from "../../../engines/endpoint/settings.ts";
import { type Opening, Residence, type ResidenceEvents } from "../../../engines/residence.ts";
import { resolveModel } from "../../../models/resolve.ts";
import { places } from "../../../pipes/protocol/places.ts";
import { type EmbeddingSettings, embeddingDefaults } from "../../../pipes/protocol/settings/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { EmbedderFacts, ResidentEmbedder } from "./embedder.ts";
import { HashEmbedder } from "./hash-embedder.ts";
import { LlamaEmbedder } from "./llama/embedder.ts";
import { OpenAiEmbedder } from "./openai.ts";

export interface EmbedderHome {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** How many requests may wait for the model. */
  readonly maxQueue: () => number;
}

/**
 * The embedder that the settings name, kept in memory until it is told to leave; nothing is begun before `prepare` or `wait`.
 * `wait` gives a request the embedder once it is there. While it works, the request may be told of a load beneath it (`tell`).
 */
export function openEmbedder({ tool, maxQueue }: EmbedderHome, settings: EmbeddingSettings, events: ResidenceEvents<EmbedderFacts>): Residence<EmbedderFacts, ResidentEmbedder> {
  return new Residence({ tool, maxQueue, open: (opening) => open(tool, settings, opening, events.log) }, events);
}

/** @throws ToolError `usage` for settings that do not go together, and what `resolveModel` throws */
async function open(tool: string, settings: EmbeddingSettings, opening: Opening, log: Log): Promise<ResidentEmbedder> {
  const { backend = embeddingDefaults.backend, model = embeddingDefaults.model, prefixes = {} } = settings;
  switch (backend) {
    case "openai":
      return new OpenAiEmbedder({ ...endpointOf(settings, "/embeddings", log), dimensions: settings.dimensions ?? null, prefixes });
    case "local":
      return model === "builtin" ? new HashEmbedder() : openLlama(tool, model, settings, opening);
  }
}

async function openLlama(tool: string, model: string, settings: EmbeddingSettings, { signal, progress, retrying }: Opening): Promise<ResidentEmbedder> {
  const { threads = embeddingDefaults.threads, gpu = embeddingDefaults.gpu, gpuLayers = embeddingDefaults.gpuLayers, prefixes = {} } = settings;
  const folder = places().models;
  const { path } = await resolveModel(model, {
    folder,
    builtin: () => Promise.reject(new Error("the built-in embedder has no file")),
    signal,
    onProgress: ({ stage, value, total }) => progress(stage, value, total),
    onRetry: (reason) => retrying({ model, reason }),
  });
  return LlamaEmbedder.start({ tool, path, parallel: MOST_CONTEXTS, threads, gpu, gpuLayers, prefixes, threadsCache: join(folder, "threads.json") });
}

/** Each takes memory of its own, and on most machines so many have the cores at work. */
const MOST_CONTEXTS = 4;
