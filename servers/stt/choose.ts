import type { Opening } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { type SttSettings, sttDefaults } from "../../pipes/protocol/settings/stt.ts";
import type { DecoderChoice, VadChoice } from "./engine/messages.ts";
import { findOrBring } from "./pocketsphinx/bring.ts";
import { resolveSherpaModel, resolveSilero } from "./sherpa/resolve.ts";

export interface Chosen {
  /** Where the model is, for messages. */
  readonly path: string;
  readonly decoder: DecoderChoice;
  readonly vad: VadChoice;
}

/**
 * What the settings amount to on this machine; what they name is fetched.
 * @throws ToolError `engine-failed`, `usage`, `model-missing`, `model-corrupt`, `model-unfit`, `model-download`, `file-failed`, `cancelled`
 */
export async function chooseModel(tool: string, settings: SttSettings, opening: Opening): Promise<Chosen> {
  const { engine, model, vad, threads, language } = { ...sttDefaults, ...settings };
  if (engine === "pocketsphinx" && model !== "builtin") throw contradiction(`pocketsphinx has its own model, and \`model:\` names ${model}; expected 'builtin', or another engine`);
  if (engine === "sherpa-onnx" && model === "builtin") throw contradiction("sherpa-onnx comes without a model; expected one that `model:` names");
  if (model === "builtin") {
    const files = await findOrBring({ tool, signal: opening.signal, onProgress: opening.progress });
    return { path: files.model, decoder: { engine: "pocketsphinx", files }, vad: detectorOf(vad, await resolveSilero(vad, opening)) };
  }
  const found = await resolveSherpaModel({ model, vad, threads, ...(language === undefined ? {} : { language }) }, opening);
  return { path: found.path, decoder: { engine: "sherpa-onnx", model: found }, vad: detectorOf(vad, found.silero) };
}

/** Silero where there is one, else WebRTC's; loudness alone where it is wanted. */
function detectorOf(vad: string, silero: string | null): VadChoice {
  if (silero !== null) return { name: "silero", path: silero };
  return { name: vad === "energy" ? "energy" : "webrtc" };
}

const contradiction = (reason: string): ToolError => new ToolError("usage", { reason, hint: "Change tools.yaml" });
