import type { LoadRequest, Work } from "../../../engines/process/messages.ts";
import type { SpeechModel, Utterance } from "../synthesizer.ts";
import type { SpeechFiles } from "./families.ts";

/** What the tts server and sherpa-onnx's process say to each other. */
export interface SherpaSpeechWork extends Work {
  readonly load: SherpaSpeechLoad;
  readonly model: SpeechModel;
  readonly request: Utterance;
  readonly input: never;
  /** Mono s16le. */
  readonly part: Uint8Array;
  readonly result: null;
}

/** `path` is the model's folder. */
export interface SherpaSpeechLoad extends LoadRequest {
  readonly files: SpeechFiles;
  readonly threads: number | "auto";
}
