import { RATE } from "../decoder.ts";
import type { VoiceDetector } from "../vad.ts";

/** Speech has so many times the power of the noise that is always there: 9 dB. */
const ABOVE_NOISE = 8;
/** Power of what is silence in any room: -60 dB of full scale. */
const SILENCE = 32_768 ** 2 * 1e-6;
/** The quietest of so many frames is the noise: 3 s, longer than a speaker goes on without the shortest pause. */
const REMEMBERED = 100;

/** What is clearly louder than the noise of the last seconds. It needs nothing, and takes a slammed door for speech. */
export class EnergyDetector implements VoiceDetector {
  readonly name = "energy";
  readonly frame = 0.03 * RATE;
  #powers: number[] = [];

  isSpeech(samples: Int16Array): boolean {
    const power = powerOf(samples);
    this.#powers.push(power);
    if (this.#powers.length > REMEMBERED) this.#powers.shift();
    const noise = Math.max(SILENCE, Math.min(...this.#powers));
    return power > noise * ABOVE_NOISE;
  }

  reset(): void {
    this.#powers = [];
  }
}

/** Without the part that does not change, which some cards add. */
function powerOf(samples: Int16Array): number {
  let sum = 0;
  let squares = 0;
  for (const sample of samples) {
    sum += sample;
    squares += sample * sample;
  }
  const mean = sum / samples.length;
  return squares / samples.length - mean * mean;
}
