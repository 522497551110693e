import { join } from "node:path";
import type { Residence } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { type VectorSettings, vectorDefaults, weightDefaults } from "../../pipes/protocol/settings/vector.ts";
import type { Log } from "../../pipes/rpc/log.ts";
import type { Pace } from "../../pipes/rpc/pace.ts";
import type { Backend } from "./backend.ts";
import type { Embedder, EmbedderFacts, ResidentEmbedder } from "./embedders/embedder.ts";
import { embedAt } from "./embedders/paced.ts";
import type { Weights } from "./fusion.ts";
import { LocalBackend } from "./local/backend.ts";
import type { Embedding } from "./local/thread.ts";
import { QdrantBackend } from "./qdrant/backend.ts";

export interface BackendNeeds {
  /** The tool's name. */
  readonly tool: string;
  /** As they are at the moment; what is read of them once needs another process. */
  readonly settings: () => Readonly<VectorSettings>;
  readonly embedder: Residence<EmbedderFacts, ResidentEmbedder>;
  /** Of the embedder. */
  readonly pace: Pace;
  readonly following: (busy: boolean) => void;
  /** The folder of the collections is ours, or is not and why. */
  readonly claimed: (failure: ToolError | null) => void;
  /** Resolves when what was let go of may be in memory again. @throws ToolError `not-ready` */
  readonly room: () => Promise<void>;
  readonly log: Log;
}

/** How long the worker before a standby may take to leave the folder: what it has begun goes on for as long as the tool's `timeouts` let it. */
const STANDBY_PATIENCE_MS = 60_000;

/** Where the settings say that the collections are. Nothing is opened, and nobody asked, before it is prepared or the first request comes. */
export function openBackend(needs: BackendNeeds): Backend {
  const { tool, settings, embedder, pace, following, claimed, room, log } = needs;
  const { uri, uriKey, folder = join(places().data, tool), durable = vectorDefaults.durable, preload = vectorDefaults.preload } = settings();
  const weights = (): Weights => weightsOf(settings());
  const embedderReady = (signal: AbortSignal): Promise<unknown> => embedder.wait({ signal, queued: () => undefined, progress: () => undefined });
  if (uri !== undefined) return new QdrantBackend({ uri, apiKey: uriKey ?? null, tool, embedder: asEmbedder(tool, embedder, pace), embedderReady, weights, log, following });
  const patience = process.env["PIPE_TOOLS_STANDBY"] === "1" ? STANDBY_PATIENCE_MS : 0;
  return new LocalBackend({ tool, folder, durable, preload, weights, patience, log, following, claimed, room, embedding: embeddingOf(settings(), embedder, pace) });
}

function weightsOf({ backend = vectorDefaults.backend, model = vectorDefaults.model, weights }: Readonly<VectorSettings>): Weights {
  return { ...weightDefaults[backend === "local" && model === "builtin" ? "builtin" : "model"], ...weights };
}

/** The built-in vectors are made by whoever needs them; for all others one process has the model. */
function embeddingOf({ backend = vectorDefaults.backend, model = vectorDefaults.model }: Readonly<VectorSettings>, residence: BackendNeeds["embedder"], pace: Pace): Embedding {
  return {
    hashes: backend === "local" && model === "builtin",
    embed: async (texts, kind, signal) => {
      const embedder = await residence.wait({ signal, queued: () => undefined, progress: () => undefined });
      const vectors = texts.length === 0 ? [] : await embedAt(pace, embedder, texts, kind, signal);
      return { vectors, space: { embedder: embedder.id, dimensions: embedder.dimensions } };
    },
  };
}

/** Whoever is in residence; each request has waited for that before it comes here, and what follows a folder waits by itself. */
function asEmbedder(tool: string, residence: BackendNeeds["embedder"], pace: Pace): Embedder {
  const resident = (): ResidentEmbedder => {
    if (residence.engine === null) throw new ToolError("not-ready", { tool, state: "loading" });
    return residence.engine;
  };
  return {
    get id() {
      return resident().id;
    },
    get dimensions() {
      return resident().dimensions;
    },
    embed: (texts, kind, signal) => embedAt(pace, resident(), texts, kind, signal),
    close: () => Promise.resolve(),
  };
}
