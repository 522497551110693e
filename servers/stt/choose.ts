import type { Opening } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { type SttSettings, sttDefaults } from "../../pipes/protocol/settings/stt.ts";
import type { DecoderChoice, VadChoice } from "./engine/messages.ts";
import { findOrBring } from "./pocketsphinx/bring.ts";

export interface Chosen {
  /** Where the model is, for messages. */
  readonly path: string;
  readonly decoder: DecoderChoice;
  readonly vad: VadChoice;
}

/**
 * What the settings amount to on this machine; what they name is fetched.
 * @throws ToolError `engine-failed`, `file-failed`, `invalid-config` for settings that contradict each other, `cancelled`
 */
export async function chooseModel(tool: string, { engine = sttDefaults.engine, model = sttDefaults.model, vad = sttDefaults.vad }: SttSettings, opening: Opening): Promise<Chosen> {
  if (model !== "builtin" || engine === "sherpa-onnx") throw new ToolError("unsupported", { tool, what: `use the model ${model} yet` });
  const files = await findOrBring({ tool, signal: opening.signal, onProgress: opening.progress });
  return { path: files.model, decoder: { engine: "pocketsphinx", files }, vad: detectorOf(tool, vad) };
}

function detectorOf(tool: string, vad: string): VadChoice {
  switch (vad) {
    case "auto":
    case "webrtc":
      return { name: "webrtc" };
    case "energy":
      return { name: "energy" };
    default:
      throw new ToolError("unsupported", { tool, what: `use the voice detector ${vad} yet` });
  }
}
