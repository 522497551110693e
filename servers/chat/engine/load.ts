import { basename } from "node:path";
import type { ChatWrapper, LlamaContextSequence, LlamaModel } from "node-llama-cpp";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { isMemory, openContext } from "./context.ts";
import type { OpenLlama } from "./llama.ts";
import type { LoadedModel, LoadProgress, LoadRequest } from "./messages.ts";
import { Pace } from "./pace.ts";
import { remembered } from "./remembered.ts";
import { Slots } from "./slots.ts";
import { chooseTemplate } from "./template.ts";
import { coreLimit, measureThreads } from "./threads.ts";

/** A model in memory with everything that replies need. */
export interface OpenModel {
  readonly facts: Omit<LoadedModel, "seconds">;
  readonly open: OpenLlama;
  readonly model: LlamaModel;
  readonly template: ChatWrapper;
  readonly slots: Slots<LlamaContextSequence>;
  readonly pace: Pace;
}

/** @throws ToolError `model-corrupt`, `model-memory` */
export async function openModel(open: OpenLlama, request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<OpenModel> {
  const { path } = request;
  const model = await named(open, path, () =>
    open.llama.loadModel({ modelPath: path, gpuLayers: request.gpuLayers, onLoadProgress: inSteps((value) => onProgress({ stage: "loading", value, total: 1 })) }),
  );
  const threads = await chooseThreads(open, request, model, onProgress);
  const context = await named(open, path, () =>
    openContext(open, model, {
      contextSize: request.contextSize ?? Math.min(DEFAULT_CONTEXT, model.trainContextSize),
      parallel: request.parallel,
      threads: threads.count,
      fixed: request.contextSize !== null,
    }),
  );
  const template = chooseTemplate(open.library, model);
  const parallel = context.totalSequences;
  return {
    facts: {
      path,
      name: model.fileInfo.metadata.general?.name ?? basename(path),
      architecture: model.architecture,
      size: model.size,
      contextSize: context.contextSize,
      parallel,
      trainedContextSize: model.trainContextSize,
      threads: threads.count,
      gpu: open.llama.gpu,
      gpuLayers: model.gpuLayers,
      template: template.wrapperName,
    },
    open,
    model,
    template,
    slots: new Slots(Array.from({ length: parallel }, () => context.getSequence())),
    pace: new Pace(threads.tokenMs, context.batchSize),
  };
}

/** llama.cpp reports every tensor; a hundred steps are enough for anybody. */
function inSteps(report: (value: number) => void): (value: number) => void {
  let last = 0;
  return (value) => {
    if (value - last < 0.01 && value < 1) return;
    last = value;
    report(value);
  };
}

const DEFAULT_CONTEXT = 8192;

/** llama.cpp's own words in an error with a name. */
async function named<T>(open: OpenLlama, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isMemory(open, error)) throw new ToolError("model-memory", { path, reason: (error as Error).message, hint: MEMORY_HINT }, { cause: error });
    throw new ToolError("model-corrupt", { path, reason: await open.reason(error) }, { cause: error });
  }
}

const MEMORY_HINT = "Take a smaller quantisation or model, or lower contextSize or parallel in tools.yaml";

async function chooseThreads(open: OpenLlama, request: LoadRequest, model: LlamaModel, onProgress: (progress: LoadProgress) => void): Promise<{ count: number; tokenMs: number | null }> {
  const limit = coreLimit(open.llama);
  if (request.threads !== "auto") return { count: Math.min(request.threads, limit), tokenMs: null };
  onProgress({ stage: "measuring", value: 0, total: 1 });
  const found = await remembered(request.threadsCache, { path: request.path, size: model.size }, () => measureThreads(model, limit));
  return { count: Math.min(found.threads, limit), tokenMs: found.milliseconds };
}
