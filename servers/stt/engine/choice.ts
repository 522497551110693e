import type { LogLevel } from "../../../engines/engine.ts";
import { openPocketSphinx } from "../pocketsphinx/decoder.ts";
import type { Decoder } from "./decoder.ts";
import type { SpeechLoad, SpeechModel } from "./messages.ts";

export interface OpenDecoder extends Pick<SpeechModel, "engine" | "partial" | "words"> {
  readonly decoder: Decoder;
}

/** Loads what the server has chosen. @throws ToolError `engine-failed`, `model-missing`, `model-corrupt`, `model-unfit`, `model-memory` */
export async function openDecoder({ decoder }: SpeechLoad, log: (level: LogLevel, message: string) => void): Promise<OpenDecoder> {
  switch (decoder.engine) {
    case "pocketsphinx":
      return { decoder: await openPocketSphinx(decoder.files), engine: "pocketsphinx", partial: true, words: true };
    case "sherpa-onnx": {
      const [{ openSherpaDecoder }, { describe }] = await Promise.all([import("../sherpa/decoder.ts"), import("../sherpa/model.ts")]);
      return { decoder: await openSherpaDecoder(decoder.model, log), ...describe(decoder.model) };
    }
  }
}
