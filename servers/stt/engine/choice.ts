import { openPocketSphinx } from "../pocketsphinx/decoder.ts";
import type { Decoder } from "./decoder.ts";
import type { SpeechLoad, SpeechModel } from "./messages.ts";

export interface OpenDecoder extends Pick<SpeechModel, "engine" | "partial" | "words"> {
  readonly decoder: Decoder;
}

/** Loads what the server has chosen. @throws ToolError `engine-failed`, `model-missing`, `model-corrupt`, `model-memory` */
export async function openDecoder({ decoder }: SpeechLoad): Promise<OpenDecoder> {
  switch (decoder.engine) {
    case "pocketsphinx":
      return { decoder: await openPocketSphinx(decoder.files), engine: "pocketsphinx", partial: true, words: true };
  }
}
