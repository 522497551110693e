import type { Voice } from "../synthesizer.ts";

/** Samples a second of all of them. */
export const RATE = 16_000;

/** The voices within the program, the one that is understood best first. `flite` is Flite's own name, where it differs. */
export const VOICES: ReadonlyArray<Voice & { readonly flite?: string }> = [
  { name: "rms", languages: ["en-US", "en"], description: "male, US" },
  { name: "slt", languages: ["en-US", "en"], description: "female, US" },
  { name: "awb", languages: ["en-GB", "en"], description: "male, Scottish" },
  // The same voice as its `kal`, which has half the samples.
  { name: "kal", languages: ["en-US", "en"], description: "male, US, robotic, quick to make", flite: "kal16" },
];
