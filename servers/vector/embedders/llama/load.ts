import { basename } from "node:path";
import type { LlamaEmbeddingContext, LlamaModel } from "node-llama-cpp";
import type { LoadProgress } from "../../../../engines/engine.ts";
import { fingerprint } from "../../../../engines/llama/fingerprint.ts";
import type { OpenLlama } from "../../../../engines/llama/llama.ts";
import { isMemory } from "../../../../engines/llama/memory.ts";
import { coreLimit, type OpenTrial } from "../../../../engines/llama/threads.ts";
import { chooseThreads, loadWeights, named } from "../../../../engines/llama/weights.ts";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { spaceOf } from "../space.ts";
import type { LoadedEmbedder, LoadRequest } from "./messages.ts";
import { prefixesOf } from "./prefixes.ts";

/** A model in memory with what its vectors are made in. */
export interface OpenModel {
  readonly facts: Omit<LoadedEmbedder, "seconds">;
  readonly model: LlamaModel;
  /** Those that nobody is at work in; there are `facts.parallel`. */
  readonly idle: LlamaEmbeddingContext[];
}

/** @throws ToolError `model-corrupt`, `model-memory`, `model-unfit` */
export async function openModel(open: OpenLlama, request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<OpenModel> {
  const { path } = request;
  const model = await loadWeights(open, request, onProgress);
  checkPooling(model, path);
  const threads = await chooseThreads(open, request, { use: "embed", open: passageTrial(model) }, onProgress);
  // A GPU is kept busy by one text.
  const wanted = model.gpuLayers > 0 ? 1 : Math.min(request.parallel, Math.max(1, Math.floor(coreLimit(open.llama) / threads.count)));
  const contexts = await named(open, path, () => openContexts(open, model, wanted, threads.count));
  const { general } = model.fileInfo.metadata;
  const name = general?.name ?? basename(path, ".gguf");
  const known = prefixesOf({ architecture: model.architecture, name: general?.name, basename: general?.basename, file: basename(path) });
  const prefixes = { query: request.prefixes.query ?? known.query, passage: request.prefixes.passage ?? known.passage };
  return {
    facts: {
      id: `gguf:${name.replaceAll(/\s+/g, "-")}:${spaceOf(await fingerprint(path), prefixes)}`,
      dimensions: model.embeddingVectorSize,
      path,
      name,
      architecture: model.architecture,
      size: model.size,
      contextSize: contextSizeOf(model),
      prefixes,
      parallel: contexts.length,
      threads: threads.count,
      gpu: open.llama.gpu,
      gpuLayers: model.gpuLayers,
    },
    model,
    idle: contexts,
  };
}

/** Without a pooling llama.cpp would hand out the state of the last token, which means something in few models, and says nothing of it. */
function checkPooling(model: LlamaModel, path: string): void {
  const pooling = (model.fileInfo.architectureMetadata as { readonly pooling_type?: number }).pooling_type;
  if (pooling === POOLING_RANK) throw unfit(path, "it compares a question with a passage, and makes no vector of either");
  if (pooling === undefined || pooling === POOLING_NONE || model.embeddingVectorSize < 1) throw unfit(path, `its header names no way from many tokens to one vector (${model.architecture}.pooling_type), as a model for chat has none`);
}

/** Source of the numbers: llama.h, llama_pooling_type */
const POOLING_NONE = 0;
const POOLING_RANK = 4;

function unfit(path: string, reason: string): ToolError {
  return new ToolError("model-unfit", { path, use: "embeddings", reason, hint: "Take one that was made for embeddings" });
}

/** What a passage is made of. The share of attention grows with its length, so it has one of usual length. */
function passageTrial(model: LlamaModel): OpenTrial {
  const tokens = model.tokenize("a ".repeat(TRIAL_TOKENS)).slice(0, Math.min(TRIAL_TOKENS, contextSizeOf(model) - ROOM));
  return async (threads) => {
    const context = await openContext(model, tokens.length + ROOM, threads);
    return { run: () => context.getEmbeddingFor([...tokens]), close: () => context.dispose() };
  };
}

const TRIAL_TOKENS = 64;
/** What may stand around a text, and one that llama.cpp leaves free. */
export const ROOM = 3;

/** A whole text has to be evaluated at once, and the room for that grows with its square; a passage of a book has 300 tokens. */
function contextSizeOf(model: LlamaModel): number {
  return Math.min(MOST_TOKENS, model.trainContextSize);
}

const MOST_TOKENS = 2048;

/** As many contexts as fit, for each evaluates one text at a time. @throws what `isMemory` knows when not even one does */
async function openContexts(open: OpenLlama, model: LlamaModel, wanted: number, threads: number): Promise<LlamaEmbeddingContext[]> {
  const contexts: LlamaEmbeddingContext[] = [];
  while (contexts.length < wanted) {
    try {
      contexts.push(await openContext(model, contextSizeOf(model), threads));
    } catch (error) {
      if (contexts.length === 0 || !isMemory(open, error)) throw error;
      break;
    }
  }
  return contexts;
}

function openContext(model: LlamaModel, contextSize: number, threads: number): Promise<LlamaEmbeddingContext> {
  return model.createEmbeddingContext({ contextSize, batchSize: contextSize, threads });
}
