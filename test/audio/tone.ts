import { Buffer } from "node:buffer";

/** A sine of half the loudness there is, as mono s16le. */
export function tone(frequency: number, rate: number, seconds: number, amplitude = 0.5): Buffer {
  const samples = Int16Array.from({ length: Math.round(rate * seconds) }, (_, n) => Math.round(amplitude * 32_767 * Math.sin((2 * Math.PI * frequency * n) / rate)));
  return Buffer.from(samples.buffer);
}

export function samplesOf(pcm: Buffer): Int16Array {
  return new Int16Array(Uint8Array.from(pcm).buffer, 0, Math.floor(pcm.length / 2));
}

/** How loud one frequency is: 0.5 for a sine of half the loudness there is. Goertzel's algorithm under a Hann window. */
export function loudnessAt(frequency: number, samples: Int16Array, rate: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [before, last, weight] = [0, 0, 0];
  samples.forEach((sample, n) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (samples.length - 1));
    weight += window;
    [before, last] = [last, (sample / 32_768) * window + turn * last - before];
  });
  return (2 * Math.sqrt(Math.max(0, before * before + last * last - turn * before * last))) / weight;
}

/** The loudest of some frequencies. */
export function pitch(candidates: readonly number[], pcm: Buffer, rate: number): number {
  const samples = samplesOf(pcm);
  return candidates.reduce((best, frequency) => (loudnessAt(frequency, samples, rate) > loudnessAt(best, samples, rate) ? frequency : best));
}

/** From the first to the last sample that can be heard, in samples. */
export function audible(pcm: Buffer, threshold = 300): { readonly from: number; readonly to: number } {
  const samples = samplesOf(pcm);
  return { from: samples.findIndex((sample) => Math.abs(sample) > threshold), to: samples.findLastIndex((sample) => Math.abs(sample) > threshold) + 1 };
}
