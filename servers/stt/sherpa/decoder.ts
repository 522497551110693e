import type { LogLevel } from "../../../engines/engine.ts";
import { openSherpa } from "../../../engines/sherpa/sherpa.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { type Decoder, RATE } from "../engine/decoder.ts";
import { checkModel } from "./check.ts";
import { kindOf } from "./kinds.ts";
import type { RecognizerConfig, SherpaSpeech } from "./library.ts";
import type { SherpaModel } from "./model.ts";
import { OfflineDecoder } from "./offline.ts";
import { OnlineDecoder } from "./online.ts";

/**
 * Loads a model into sherpa-onnx, in the engine's own process. Its files are looked into again: they may have changed since the
 * server has, and what the library does not like in them ends the process.
 * @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `engine-failed`
 */
export async function openSherpaDecoder(model: SherpaModel, log: (level: LogLevel, message: string) => void): Promise<Decoder> {
  const { title, streaming, longest } = kindOf(model.kind);
  await checkModel(model.kind, model.files);
  const sherpa = await openSherpa<SherpaSpeech>();
  const config = configOf(model);
  try {
    const decoder = streaming ? new OnlineDecoder(new sherpa.OnlineRecognizer({ ...config, enableEndpoint: false }), longest) : new OfflineDecoder(await sherpa.OfflineRecognizer.createAsync(config), longest);
    await tryOut(decoder);
    log("info", `sherpa-onnx ${sherpa.version} (onnxruntime ${sherpa.onnxruntimeVersion}) has loaded ${model.path}: ${title}, ${model.threads} threads`);
    return decoder;
  } catch (error) {
    throw failure(model, error);
  }
}

/** Files that do not belong together are noticed only when something is decoded, by the process's end; better now than at the first word. */
async function tryOut(decoder: Decoder): Promise<void> {
  const utterance = decoder.begin();
  await utterance.accept(new Int16Array(RATE));
  await utterance.finish();
}

export function configOf({ kind, files, language, threads }: SherpaModel): RecognizerConfig {
  return {
    // Models that want it otherwise say so themselves.
    featConfig: { sampleRate: RATE, featureDim: 80 },
    modelConfig: { ...kindOf(kind).config(files, language), tokens: files.tokens, numThreads: threads, provider: "cpu", debug: false },
    decodingMethod: "greedy_search",
  };
}

/** onnxruntime names the file, the library sometimes: `Load model from /m/encoder.onnx failed: …`. */
function failure({ path, files }: SherpaModel, error: unknown): ToolError {
  const reason = error instanceof Error ? error.message : String(error);
  const named = Object.values(files).find((file) => reason.includes(file)) ?? path;
  return new ToolError("model-corrupt", { path: named, reason: reason.replace(`Load model from ${named} failed:`, "").trim() }, { cause: error });
}
