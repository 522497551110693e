import type { Synthesizer, Utterance } from "../../../servers/tts/synthesizer.ts";

/** All of the sound of an utterance. */
export async function spokenBy(synthesizer: Synthesizer, utterance: Utterance, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  await synthesizer.speak(utterance, { signal, onPcm: (pcm) => parts.push(pcm) });
  return Buffer.concat(parts);
}

/** Root mean square; 32768 is as loud as can be. */
export function levelOf(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}
