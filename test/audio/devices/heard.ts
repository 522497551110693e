import type { Capture } from "../../../audio/devices/device.ts";
import { audible, pitch } from "../tone.ts";

export const PITCHES = [220, 330, 440, 550, 660, 880];

/** Reads a microphone, and remembers when each sample came. */
export interface Heard {
  pcm(): Buffer;
  /** Milliseconds of sound, from the first to the last sample that can be heard. */
  audibleMs(): number;
  pitch(): number;
  /** When a sample had come, by `performance.now()`. */
  at(sample: number): number;
  /** When the last sample that can be heard had come. */
  lastAt(): number;
  /** Resolves when something has been heard. */
  sound(): Promise<void>;
  /** Resolves when something has been heard, and then nothing for 200 ms. */
  silence(): Promise<void>;
  /** What came before is forgotten. */
  forget(): void;
  /** When the microphone was closed. */
  readonly ended: Promise<void>;
}

export function hear(microphone: Capture, rate: number): Heard {
  let chunks: Array<{ readonly pcm: Buffer; readonly at: number }> = [];
  const awaited = new Set<() => void>();
  const pcm = (): Buffer => Buffer.concat(chunks.map((chunk) => chunk.pcm));
  const until = (done: (pcm: Buffer) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!done(pcm())) return;
        awaited.delete(look);
        resolve();
      };
      awaited.add(look);
    });
  const at = (sample: number): number => {
    let bytes = 0;
    return chunks.find((chunk) => (bytes += chunk.pcm.length) >= sample * 2)?.at ?? Infinity;
  };
  const read = async (): Promise<void> => {
    for await (const pcm of microphone) {
      chunks.push({ pcm, at: performance.now() });
      for (const look of awaited) look();
    }
  };
  return {
    pcm,
    audibleMs: () => ((audible(pcm()).to - audible(pcm()).from) / rate) * 1000,
    pitch: () => pitch(PITCHES, pcm(), rate),
    at,
    lastAt: () => at(audible(pcm()).to),
    sound: () => until((all) => audible(all).to > 0),
    silence: () => until((all) => audible(all).to > 0 && all.length / 2 - audible(all).to > rate / 5),
    forget: () => void (chunks = []),
    ended: read(),
  };
}
