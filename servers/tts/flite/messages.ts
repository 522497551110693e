import type { LoadRequest, Work } from "../../../engines/process/messages.ts";
import type { SpeechModel, Utterance } from "../synthesizer.ts";

/** What the tts server and Flite's process say to each other. */
export interface FliteWork extends Work {
  readonly load: LoadRequest;
  readonly model: SpeechModel;
  readonly request: Utterance;
  readonly input: never;
  /** Mono s16le at the model's rate. */
  readonly part: Uint8Array;
  readonly result: null;
}
