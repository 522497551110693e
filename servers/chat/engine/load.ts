import { basename } from "node:path";
import type { ChatWrapper, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import type { LoadProgress } from "../../../engines/engine.ts";
import type { OpenLlama } from "../../../engines/llama/llama.ts";
import { cacheBytesPerToken } from "../../../engines/llama/memory.ts";
import { chooseThreads, loadWeights, named } from "../../../engines/llama/weights.ts";
import { openContext } from "./context.ts";
import type { LoadedModel, LoadRequest } from "./messages.ts";
import { Pace } from "./pace.ts";
import { Shelf } from "./shelf.ts";
import { Slots } from "./slots.ts";
import { chooseTemplate, endingOf } from "./template.ts";
import { tokenTrial } from "./trial.ts";
import { admitChanges } from "./turnstile.ts";
import { Weigher } from "./weigher.ts";

/** A model in memory with everything that replies need. */
export interface OpenModel {
  readonly facts: Omit<LoadedModel, "seconds">;
  readonly open: OpenLlama;
  readonly model: LlamaModel;
  readonly template: ChatWrapper;
  readonly slots: Slots<LlamaContextSequence>;
  readonly shelf: Shelf<Token> | null;
  readonly pace: Pace;
  readonly weigher: Weigher;
}

/** @throws ToolError `model-corrupt`, `model-memory` */
export async function openModel(open: OpenLlama, request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<OpenModel> {
  const { path } = request;
  const model = await loadWeights(open, request, onProgress);
  const threads = await chooseThreads(open, request, { use: "chat", open: tokenTrial(model) }, onProgress);
  const context = await named(open, path, () =>
    openContext(open, model, {
      contextSize: request.contextSize ?? Math.min(DEFAULT_CONTEXT, model.trainContextSize),
      parallel: request.parallel,
      threads: threads.count,
      fixed: request.contextSize !== null,
    }),
    MEMORY_HINT,
  );
  const template = chooseTemplate(open.library, model);
  const parallel = context.totalSequences;
  const slots = Array.from({ length: parallel }, () => context.getSequence());
  admitChanges(context, slots);
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
    slots: new Slots(slots, endingOf(model, template)),
    shelf: request.parked === null ? null : await Shelf.open({ ...request.parked, bytesPerToken: cacheBytesPerToken(model) }),
    pace: new Pace(threads.milliseconds, context.batchSize),
    weigher: new Weigher((text) => model.tokenize(text).length),
  };
}

const DEFAULT_CONTEXT = 8192;
const MEMORY_HINT = "Take a smaller quantisation or model, or lower contextSize or parallel in tools.yaml";
