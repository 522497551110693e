import type { LogLevel } from "../../../engines/engine.ts";
import { openSherpa } from "../../../engines/sherpa/sherpa.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { type Decoder, RATE } from "../engine/decoder.ts";
import { checkModel, type Headers } from "./check.ts";
import { kindOf } from "./kinds.ts";
import { isMultilingual } from "./language.ts";
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
  const headers = await checkModel(model.kind, model.files);
  const sherpa = await openSherpa<SherpaSpeech>();
  const decoder = await open(sherpa, model).catch((error: unknown) => {
    throw failure(model, error);
  });
  await tryOut(decoder, model, headers);
  log("info", `sherpa-onnx ${sherpa.version} (onnxruntime ${sherpa.onnxruntimeVersion}) has loaded ${model.path}: ${kindOf(model.kind).title}, ${model.threads} threads`);
  return decoder;
}

async function open({ OnlineRecognizer, OfflineRecognizer }: SherpaSpeech, model: SherpaModel): Promise<OnlineDecoder | OfflineDecoder> {
  const { streaming, longest } = kindOf(model.kind);
  const config = configOf(model);
  return streaming ? new OnlineDecoder(new OnlineRecognizer({ ...config, enableEndpoint: false }), longest) : new OfflineDecoder(await OfflineRecognizer.createAsync(config), longest);
}

/**
 * Decodes silence. Files that do not belong together are noticed only then, most by the process's end: better now than at the first word.
 * For Whisper the library gives an empty text instead, which differs from that of silence by the language that it lacks.
 * @throws ToolError `model-corrupt`
 */
async function tryOut(decoder: OnlineDecoder | OfflineDecoder, { kind, path }: SherpaModel, headers: Headers): Promise<void> {
  const { lang } = await decoder.decode(new Int16Array(RATE));
  if (lang === "" && kind === "whisper" && isMultilingual(headers)) {
    throw new ToolError("model-corrupt", { path, reason: "nothing can be decoded with it, for a reason that sherpa-onnx has written to the log", hint: "Do its files belong together?" });
  }
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
