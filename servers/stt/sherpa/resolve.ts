import type { Opening } from "../../../engines/residence.ts";
import { listFolder } from "../../../engines/sherpa/family.ts";
import { threadCount } from "../../../engines/sherpa/threads.ts";
import { type FolderOptions, resolveModelFile, resolveModelFolder } from "../../../models/folder.ts";
import { places } from "../../../pipes/protocol/places.ts";
import type { SttSettings } from "../../../pipes/protocol/settings/stt.ts";
import { checkModel, type Headers } from "./check.ts";
import { identify } from "./identify.ts";
import type { KindName } from "./kinds.ts";
import { languageFor } from "./language.ts";
import { sileroBeside } from "./layouts.ts";
import type { SherpaModel } from "./model.ts";
import { checkSilero } from "./silero.ts";

/** What of the settings a model is found by. */
export type Wish = Required<Pick<SttSettings, "model" | "vad" | "threads">> & { readonly language?: string | undefined };

/**
 * The model for sherpa-onnx that the settings name: fetched and unpacked if need be, of a kind that is known, and every file looked
 * into before the library sees it.
 * @throws ToolError `usage`, `model-missing`, `model-corrupt`, `model-unfit`, `model-download`, `file-failed`, `cancelled`
 */
export async function resolveSherpaModel({ model, vad, language, threads }: Wish, opening: Opening): Promise<SherpaModel> {
  const path = await resolveModelFolder(model, optionsOf(model, opening));
  const { kind, files } = await identify(path);
  const headers = await checkModel(kind, files);
  const silero = vad === "auto" ? sileroBeside(await listFolder(path)) : await resolveSilero(vad, opening);
  if (vad === "auto" && silero !== null) await checkSilero(silero);
  return { path, kind, files, language: languageFor(kind, files, headers, language), threads: threadCount(threads), words: tellsWords(kind, headers), silero };
}

/** Moonshine knows no times; Whisper does where its decoder shows what it looks at. */
function tellsWords(kind: KindName, { decoder }: Headers): boolean {
  return kind === "whisper" ? decoder!.outputs.length > 3 : !kind.startsWith("moonshine");
}

/**
 * Silero's file that `vad:` of the settings names, looked into; null where it names another detector.
 * @throws ToolError as `resolveSherpaModel`
 */
export async function resolveSilero(vad: string, opening: Opening): Promise<string | null> {
  if (vad === "auto" || vad === "webrtc" || vad === "energy") return null;
  const path = await resolveModelFile(vad, { ...optionsOf(vad, opening), setting: "vad" });
  await checkSilero(path);
  return path;
}

function optionsOf(model: string, { signal, progress, retrying }: Opening): FolderOptions {
  return { folder: places().models, signal, onProgress: ({ stage, value, total }) => progress(stage, value, total), onRetry: (reason) => retrying({ model, reason }) };
}
