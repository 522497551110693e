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
 * @throws ToolError `engine-failed`, `file-failed`, `usage` for settings that contradict each other, `cancelled`, and what `resolveSherpaModel` throws
 */
export async function chooseModel(tool: string, settings: SttSettings, opening: Opening): Promise<Chosen> {
  const { engine, model, vad, threads, language } = { ...sttDefaults, ...settings };
  if (model !== "builtin") {
    if (engine === "pocketsphinx") throw new ToolError("usage", { reason: `engine: pocketsphinx has a model of its own, and the settings name another (model: ${model})`, hint: "Leave one of the two out" });
    const found = await resolveSherpaModel({ model, vad, threads, language }, opening);
    return { path: found.path, decoder: { engine: "sherpa-onnx", model: found }, vad: detectorOf(vad, found.silero) };
  }
  if (engine === "sherpa-onnx") throw new ToolError("usage", { reason: "engine: sherpa-onnx has no model of its own", hint: "Name one by `model:`; docs/speech-models.md tells which there are" });
  const silero = await resolveSilero(vad, opening);
  const files = await findOrBring({ tool, signal: opening.signal, onProgress: opening.progress });
  return { path: files.model, decoder: { engine: "pocketsphinx", files }, vad: detectorOf(vad, silero) };
}

function detectorOf(vad: string, silero: string | null): VadChoice {
  if (silero !== null) return { name: "silero", path: silero };
  return { name: vad === "energy" ? "energy" : "webrtc" };
}
