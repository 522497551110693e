import type { LlamaModel } from "node-llama-cpp";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { LoadProgress } from "../engine.ts";
import type { OpenLlama } from "./llama.ts";
import { isMemory } from "./memory.ts";
import { remembered } from "./remembered.ts";
import type { LlamaLoadRequest } from "./request.ts";
import { coreLimit, measureThreads, type OpenTrial } from "./threads.ts";

/** @throws ToolError `model-corrupt`, `model-memory` */
export function loadWeights(open: OpenLlama, { path, gpuLayers }: LlamaLoadRequest, onProgress: (progress: LoadProgress) => void): Promise<LlamaModel> {
  return named(open, path, () => open.llama.loadModel({ modelPath: path, gpuLayers, onLoadProgress: inSteps((value) => onProgress({ stage: "loading", value, total: 1 })) }));
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

/** llama.cpp's own words in an error with a name. `hint` is what helps where memory is short. @throws ToolError `model-corrupt`, `model-memory` */
export async function named<T>(open: OpenLlama, path: string, act: () => Promise<T>, hint: string = TAKE_A_SMALLER): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isMemory(open, error)) throw new ToolError("model-memory", { path, reason: (error as Error).message, hint }, { cause: error });
    throw new ToolError("model-corrupt", { path, reason: await open.reason(error) }, { cause: error });
  }
}

const TAKE_A_SMALLER = "Take a smaller quantisation or model";

export interface ChosenThreads {
  readonly count: number;
  /** Time of what was tried with so many, in ms; null when nothing was. */
  readonly milliseconds: number | null;
}

/** As the settings say, or by measurement. `use` is what the model is loaded for: another use may want another count. */
export async function chooseThreads(
  open: OpenLlama,
  request: LlamaLoadRequest,
  trial: { readonly use: string; readonly open: OpenTrial },
  onProgress: (progress: LoadProgress) => void,
): Promise<ChosenThreads> {
  const limit = coreLimit(open.llama);
  if (request.threads !== "auto") return { count: Math.min(request.threads, limit), milliseconds: null };
  onProgress({ stage: "measuring", value: 0, total: 1 });
  const found = await remembered(request.threadsCache, { path: request.path, use: trial.use }, () => measureThreads(trial.open, limit));
  return { count: Math.min(found.threads, limit), milliseconds: found.milliseconds };
}
