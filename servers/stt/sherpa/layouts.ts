import { join } from "node:path";
import { type Family, type Folder, pick } from "../../../engines/sherpa/family.ts";
import type { Files } from "./kinds.ts";

/**
 * How the files of a model lie in its folder, by the names under which k2-fsa publishes them. A file that belongs to those that are
 * there is named although it is missing, so that it can be said to be. Several kinds lie the same way; see `identify`.
 */
export const layouts: readonly Family<Files>[] = [
  {
    name: "Moonshine",
    expected: "preprocess.onnx, encode.onnx, uncached_decode.onnx, cached_decode.onnx and tokens.txt, or encoder_model.ort, decoder_model_merged.ort and tokens.txt",
    find: (folder) => merged(folder) ?? inFour(folder),
  },
  {
    name: "Zipformer, Parakeet and other transducers, and Whisper",
    expected: "encoder.onnx, decoder.onnx, joiner.onnx (not of Whisper) and tokens.txt, with more before or after these words",
    find: (folder) => {
      const [encoder, decoder, joiner] = [part(folder, "encoder"), part(folder, "decoder"), part(folder, "joiner")];
      if (encoder === null && decoder === null && joiner === null) return null;
      return { encoder: encoder ?? join(folder.path, "encoder.onnx"), decoder: decoder ?? join(folder.path, "decoder.onnx"), joiner: joiner ?? join(folder.path, "joiner.onnx"), tokens: tokens(folder) };
    },
  },
  {
    name: "NeMo, Zipformer and SenseVoice with CTC",
    expected: "model.onnx and tokens.txt",
    find: (folder) => {
      const model = pick(folder, /^(model|ctc-.*)(\.int8)?\.onnx$/);
      return model === null ? null : { model, tokens: tokens(folder) };
    },
  },
];

function merged(folder: Folder): Files | null {
  const [encoder, mergedDecoder] = [pick(folder, /^encoder_model\.(ort|onnx)$/), pick(folder, /^decoder_model_merged\.(ort|onnx)$/)];
  if (encoder === null && mergedDecoder === null) return null;
  return { encoder: encoder ?? join(folder.path, "encoder_model.ort"), mergedDecoder: mergedDecoder ?? join(folder.path, "decoder_model_merged.ort"), tokens: tokens(folder) };
}

function inFour(folder: Folder): Files | null {
  const names = { preprocessor: "preprocess", encoder: "encode", uncachedDecoder: "uncached_decode", cachedDecoder: "cached_decode" } as const;
  const paths = Object.entries(names).map(([role, name]) => ({ role, path: pick(folder, new RegExp(String.raw`^${name}(\.int8)?\.onnx$`)), name }));
  if (paths.every(({ path }) => path === null)) return null;
  return { ...Object.fromEntries(paths.map(({ role, path, name }) => [role, path ?? join(folder.path, `${name}.onnx`)])), tokens: tokens(folder) };
}

/** `tiny-encoder.int8.onnx`, `encoder-epoch-99-avg-1.onnx`, `encoder.onnx`. */
function part(folder: Folder, role: "encoder" | "decoder" | "joiner"): string | null {
  return pick(folder, new RegExp(String.raw`(^|-)${role}([-.].*)?\.onnx$`));
}

function tokens(folder: Folder): string {
  return pick(folder, /(^|-)tokens\.txt$/) ?? join(folder.path, "tokens.txt");
}

/** Silero's file, where it lies beside a model. */
export function sileroBeside(folder: Folder): string | null {
  return pick(folder, /^silero[-_]?vad.*\.onnx$/);
}
