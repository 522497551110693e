import { FRAME, LOWEST, RATE } from "./tones.ts";

/** What the constructed models hear: a tone for each symbol, two bins of their features apart. */
export const SYMBOLS: readonly string[] = Array.from(" abcdefghijklmnopqrstuvwxyz'");

/** The number of a symbol's tone for the models that speak; they know tones of whole waves a frame. */
export function toneOf(symbol: string): number {
  const mel = LOWEST_MEL + STEP * SYMBOLS.indexOf(symbol);
  return Math.round((700 * (Math.exp(mel / 1127) - 1) * FRAME) / RATE) - LOWEST;
}

export function hertzOf(symbol: string): number {
  return ((toneOf(symbol) + LOWEST) * RATE) / FRAME;
}

const LOWEST_MEL = 560;
const STEP = 69;

/** Seconds that a tone and the silence after it take. */
const TONE = { sounds: 0.06, rests: 0.04 };
export const EACH = TONE.sounds + TONE.rests;

/** The text as sound: 16-bit, 16 kHz, with `lead` seconds of silence before and after. */
export function tones(text: string, lead = 0.02): Int16Array {
  const each = Math.round(EACH * RATE);
  const out = new Int16Array(Math.round(2 * lead * RATE) + text.length * each);
  for (const [index, symbol] of Array.from(text).entries()) {
    const from = Math.round(lead * RATE) + index * each;
    const step = (2 * Math.PI * hertzOf(symbol)) / RATE;
    for (let i = 0; i < TONE.sounds * RATE; i++) out[from + i] = Math.round(16_000 * Math.sin(step * i));
  }
  return out;
}
