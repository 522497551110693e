/** Which way sound goes: from a microphone, or to a loudspeaker. */
export type Kind = "capture" | "playback";

/** A microphone or a loudspeaker, as the system's programs name it. */
export interface Device {
  /** Its place in the list; it can change when a device comes or goes, the name does not. */
  readonly index: number;
  /** What a program of the system takes to choose it. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  readonly channels: number;
  /** The one that is taken when none is named. */
  readonly standard: boolean;
}

export interface DeviceEvents {
  /** The device has gone, or its program has ended: said once each time, before it is tried again. */
  lost(reason: string): void;
  /** It is there again. */
  restored(): void;
  /** Whoever reads the microphone is too slow: so many seconds of the oldest sound were dropped. */
  dropped?(seconds: number): void;
}

/** Sound from a microphone: mono s16le at the rate that was asked for, whole samples. Ends when it is closed. For one reader. */
export interface Capture extends AsyncIterable<Buffer> {
  readonly device: string;
  /** Ends the iteration, and the program. */
  close(): Promise<void>;
}

/** Sound to a loudspeaker. */
export interface Playback {
  readonly device: string;
  /** Takes PCM in the format that was asked for; resolves when there is room for more. Rejects with `cancelled` once stopped. */
  write(pcm: Buffer): Promise<void>;
  /** Resolves when the last sample that was written has been heard; the playback is closed then. */
  finish(): Promise<void>;
  /** Silence within 50 ms; what was written and not heard is lost. */
  stop(): Promise<void>;
  /** Seconds of sound heard so far, as well as the system can tell. */
  readonly heard: number;
}

export const nounOf: Readonly<Record<Kind, string>> = { capture: "microphone", playback: "loudspeaker" };

/** Asks for whichever device the system takes when none is named. */
export const DEFAULT_DEVICE = "default";
