/** What is used of sherpa-onnx-node, which has no types of its own. Source: its *.js and types.js. */
export interface SherpaSpeech {
  readonly OfflineRecognizer: { createAsync(config: RecognizerConfig): Promise<OfflineRecognizer> };
  readonly OnlineRecognizer: new (config: RecognizerConfig) => OnlineRecognizer;
  readonly Vad: new (config: VadConfig, bufferSeconds: number) => Vad;
}

/** `modelConfig` has the files under the names of their family. */
export interface RecognizerConfig {
  readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
  readonly modelConfig: Readonly<Record<string, unknown>>;
  readonly decodingMethod: "greedy_search";
  /** Only of a recogniser that streams. */
  readonly enableEndpoint?: boolean;
}

export interface OfflineRecognizer {
  createStream(): Stream;
  /** On a thread of its own; a model that fails gives an empty text and writes to standard error. */
  decodeAsync(stream: Stream): Promise<Result>;
}

export interface OnlineRecognizer {
  createStream(): OnlineStream;
  isReady(stream: OnlineStream): boolean;
  /** One chunk; blocks for as long as that takes. */
  decode(stream: OnlineStream): void;
  getResult(stream: OnlineStream): Result;
}

export interface Stream {
  /** Samples from -1 to 1. */
  acceptWaveform(sound: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}
export interface OnlineStream extends Stream {
  inputFinished(): void;
}

export interface Result {
  readonly text: string;
  readonly tokens: readonly string[];
  /** Seconds, one for each token; none where the model tells none. */
  readonly timestamps: readonly number[];
  /** The same; only some models tell them. */
  readonly durations?: readonly number[];
  /** Of some models, as they call it; "" of others. */
  readonly lang?: string;
}

export interface VadConfig {
  readonly sileroVad: { readonly model: string; readonly threshold: number; readonly minSpeechDuration: number; readonly minSilenceDuration: number; readonly maxSpeechDuration: number; readonly windowSize: number };
  readonly sampleRate: number;
  readonly numThreads: number;
  readonly debug: boolean;
}
export interface Vad {
  acceptWaveform(samples: Float32Array): void;
  isDetected(): boolean;
  isEmpty(): boolean;
  pop(): void;
  flush(): void;
  reset(): void;
}

/** 16-bit samples as sherpa-onnx takes them. */
export function floatsOf(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}
