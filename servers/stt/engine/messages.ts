import type { LoadedModel, LoadRequest, Work } from "../../../engines/process/messages.ts";
import type { PocketSphinx } from "../pocketsphinx/files.ts";
import type { SherpaModel } from "../sherpa/model.ts";

/** What the stt server and its engine say to each other. */
export interface SpeechWork extends Work {
  readonly load: SpeechLoad;
  readonly model: SpeechModel;
  readonly request: ListenRequest;
  /** PCM as `ListenRequest.sound` says, cut anywhere. */
  readonly input: Uint8Array;
  readonly part: ListenPart;
  readonly result: ListenResult;
}

export interface SpeechLoad extends LoadRequest {
  readonly decoder: DecoderChoice;
  readonly vad: VadChoice;
}
/** A model and where its files are, all of which have been seen to be there. */
export type DecoderChoice = { readonly engine: "pocketsphinx"; readonly files: PocketSphinx } | { readonly engine: "sherpa-onnx"; readonly model: SherpaModel };
export type VadChoice = { readonly name: "webrtc" } | { readonly name: "energy" } | { readonly name: "silero"; readonly path: string };

export interface SpeechModel extends LoadedModel {
  /** For people: `pocketsphinx`, `sherpa-onnx (whisper)`. */
  readonly engine: string;
  /** The model's file or folder. */
  readonly path: string;
  /** What tells speech from silence. */
  readonly vad: "silero" | "webrtc" | "energy";
  /** It tells what is understood so far while an utterance goes on. */
  readonly partial: boolean;
  /** It tells when each word was spoken. */
  readonly words: boolean;
}

/** One recording, from its beginning to its end. */
export interface ListenRequest {
  /** A file that the engine reads by itself, or samples that come in. */
  readonly sound: { readonly path: string } | { readonly rate: number; readonly channels: number };
  /** Seconds, see the settings of stt. */
  readonly silence: number;
  readonly preRoll: number;
  readonly longest: number;
  /** Parts of the type `partial` are wanted. */
  readonly partial: boolean;
}

/** Times are seconds from the beginning of the recording. */
export type ListenPart =
  | { readonly type: "speech_start"; readonly at: number }
  /** The utterance so far. */
  | { readonly type: "partial"; readonly text: string }
  /** It has ended. Its text is empty when nothing was understood. */
  | ({ readonly type: "utterance" } & Heard)
  /** So much has been worked on; `total` is null where it is not known. */
  | { readonly type: "progress"; readonly seconds: number; readonly total: number | null };

export interface Heard {
  readonly text: string;
  readonly words: ReadonlyArray<{ readonly word: string; readonly start: number; readonly end: number }>;
  readonly start: number;
  readonly end: number;
}

export interface ListenResult {
  readonly seconds: number;
  /** Those with a text. */
  readonly utterances: number;
}
