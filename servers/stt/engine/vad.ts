/** Tells speech from what is none, frame by frame, in the order in which they were recorded. */
export interface VoiceDetector {
  readonly name: "silero" | "webrtc" | "energy";
  /** Samples that `isSpeech` takes at a time. */
  readonly frame: number;
  isSpeech(samples: Int16Array): boolean;
  /** Forgets what it has heard: another recording follows. */
  reset(): void;
}
