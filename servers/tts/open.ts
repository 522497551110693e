import type { Opening } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { type TtsSettings, ttsDefaults } from "../../pipes/protocol/settings/tts.ts";
import { Espeak } from "./espeak/espeak.ts";
import { Flite } from "./flite/flite.ts";
import { openSherpaSynthesizer } from "./sherpa/open.ts";
import type { Synthesizer } from "./synthesizer.ts";

export type EngineName = "sherpa-onnx" | "flite" | "espeak-ng";

/** Which engine the settings ask for. */
export function engineOf({ engine = ttsDefaults.engine, model = ttsDefaults.model }: TtsSettings): EngineName {
  if (engine !== "auto") return engine;
  return model === "builtin" ? "flite" : "sherpa-onnx";
}

/** The engine that the settings name, its model fetched; to be loaded. @throws ToolError what fetching throws, `invalid-request` */
export async function openSynthesizer(tool: string, settings: TtsSettings, opening: Opening): Promise<Synthesizer> {
  const { model = ttsDefaults.model } = settings;
  const maxQueue = Number.POSITIVE_INFINITY; // the server counts requests; a request is many sentences
  switch (engineOf(settings)) {
    case "flite":
      if (model !== "builtin") throw new ToolError("invalid-request", { path: "settings.model", expected: "builtin for the engine flite, whose voices come with it", got: model });
      return Flite.start({ tool, maxQueue });
    case "espeak-ng":
      return new Espeak({ tool, maxQueue: () => maxQueue });
    case "sherpa-onnx":
      if (model === "builtin") throw new ToolError("invalid-request", { path: "settings.model", expected: "a model for the engine sherpa-onnx", got: model, hint: "docs/tts.md names some" });
      return openSherpaSynthesizer({ tool, model, vocoder: settings.vocoder, threads: settings.threads ?? ttsDefaults.threads, maxQueue }, opening);
  }
}
