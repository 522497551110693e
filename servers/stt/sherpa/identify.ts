import { findFamily } from "../../../engines/sherpa/family.ts";
import { checkOnnx, type OnnxHeader } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Files, KindName } from "./kinds.ts";
import { layouts } from "./layouts.ts";

export interface Identified {
  readonly kind: KindName;
  /** Those that the kind has. */
  readonly files: Files;
}

/**
 * Which kind of model lies in a folder. Names of files do not tell a transducer that streams from one that does not: what the
 * first file says of itself does.
 * @throws ToolError `model-missing`, `model-unfit`, `model-corrupt`, `file-failed`
 */
export async function identify(path: string): Promise<Identified> {
  const { files } = await findFamily(path, layouts, USE);
  if (files.preprocessor !== undefined) return { kind: "moonshine", files };
  if (files.mergedDecoder !== undefined) return { kind: "moonshine-merged", files };
  if (files.model !== undefined) return { kind: singleKind(files.model, await checkOnnx(files.model)), files };
  const { encoder, decoder, tokens } = files;
  if (encoder === undefined) throw new Error("a layout without a file to look into");
  const kind = encoderKind(encoder, await checkOnnx(encoder));
  return kind === "whisper" ? { kind, files: { encoder, decoder, tokens } as Files } : { kind, files };
}

/** What the models are wanted for, in messages. */
export const USE = "understanding speech";

function encoderKind(path: string, { metadata }: OnnxHeader): KindName {
  const type = metadata["model_type"] ?? "";
  if ("n_mels" in metadata || type.startsWith("whisper")) return "whisper";
  if ("decode_chunk_len" in metadata) return "streaming-zipformer";
  if ("cache_last_channel_dim1" in metadata || "chunk_shift" in metadata) throw unknown(path, "it is a NeMo transducer that streams");
  if ("pred_hidden" in metadata || /^EncDec.*RNNT/.test(type)) return "parakeet";
  if (["zipformer2", "zipformer", "conformer"].includes(type)) return "zipformer";
  throw unknown(path, typeOf(type));
}

function singleKind(path: string, { metadata }: OnnxHeader): KindName {
  const type = metadata["model_type"] ?? "";
  if ("decode_chunk_len" in metadata) return "streaming-zipformer-ctc";
  if ("cache_last_channel_dim1" in metadata || "chunk_shift" in metadata) throw unknown(path, "it is a NeMo model that streams");
  if ("lang_auto" in metadata) return "sense-voice";
  if (type.startsWith("EncDec")) return "nemo-ctc";
  if (type === "zipformer2_ctc") return "zipformer-ctc";
  throw unknown(path, typeOf(type));
}

const typeOf = (type: string): string => (type === "" ? "its header does not say of what kind it is (model_type)" : `it is of the kind ${JSON.stringify(type)}`);

function unknown(path: string, is: string): ToolError {
  return new ToolError("model-unfit", { path, use: USE, reason: `${is}; expected a Zipformer, Whisper, Parakeet, another NeMo model that does not stream, Moonshine or SenseVoice, as k2-fsa publishes them for sherpa-onnx` });
}
