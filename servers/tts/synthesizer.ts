import type { Engine } from "../../engines/engine.ts";
import type { LoadedModel } from "../../engines/process/messages.ts";

/** What is to be said in one go: a sentence or a clause. */
export interface Utterance {
  readonly text: string;
  /** One of the model's own; its first by default. */
  readonly voice?: string | undefined;
  /** 1 is as fast as the voice speaks by itself, 2 twice as fast. */
  readonly speed: number;
  /** As BCP 47 has it (`en`, `de-AT`); the model's own by default. */
  readonly language?: string | undefined;
}

export interface Voice {
  readonly name: string;
  /** Languages it speaks, as BCP 47 has them. */
  readonly languages: readonly string[];
  /** For people: `female, US`. */
  readonly description: string;
}

export interface SpeechModel extends LoadedModel {
  /** What is at work, for people: `flite`, `sherpa-onnx (vits)`, `espeak-ng`. */
  readonly engine: string;
  /** Samples a second. */
  readonly rate: number;
  readonly voices: readonly Voice[];
}

export interface SpeakCalls {
  readonly signal?: AbortSignal | undefined;
  /** Mono s16le at the model's rate, as it comes. */
  readonly onPcm: (pcm: Buffer) => void;
  readonly onQueued?: ((position: number) => void) | undefined;
  /** It goes on with one that was let in before, so it is let in however many wait. */
  readonly admitted?: boolean | undefined;
}

/** Text to sound. */
export interface Synthesizer extends Engine<SpeechModel> {
  /**
   * Resolves when all of the sound has been handed out.
   * @throws ToolError `invalid-request` (a voice that there is none of), `busy`, `cancelled`, `engine-died`, `stopping`, and what `load` throws
   */
  speak(utterance: Utterance, calls: SpeakCalls): Promise<void>;
}
