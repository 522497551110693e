import type { OnnxNode } from "./writer.ts";

/**
 * Sound that can be read back: each token is a tone of its own, of so many whole waves a frame, and a token's number is the
 * number of its waves less `LOWEST`. Token 0 is silence.
 */
export const RATE = 16_000;
/** Samples of one token at speed 1. */
export const FRAME = 320;
/** Tones lie above what speech recognisers' filters leave out; the highest token is 100. */
export const LOWEST = 8;

/** Samples from -1 to 1. */
export function tonesOf(tokens: readonly number[], frame = FRAME): Float32Array {
  const samples = new Float32Array(tokens.length * frame);
  for (const [index, token] of tokens.entries()) for (let i = 0; i < frame; i++) samples[index * frame + i] = token === 0 ? 0 : 0.5 * Math.sin((2 * Math.PI * (token + LOWEST) * i) / FRAME);
  return samples;
}

/** The tokens that the samples were made of; -1 for a frame that is none's. The last frame may be short of a few samples. */
export function tokensOf(samples: Int16Array | Float32Array, { frame = FRAME, most = 100 } = {}): number[] {
  return Array.from({ length: Math.round(samples.length / frame) }, (_, index) => tokenOf(samples.subarray(index * frame, (index + 1) * frame), most));
}

function tokenOf(frame: Int16Array | Float32Array, most: number): number {
  let loudness = 0;
  for (const sample of frame) loudness += sample * sample;
  if (loudness / frame.length < (frame instanceof Int16Array ? 1000 : 1e-6)) return 0;
  let best = { token: -1, share: 0.5 };
  for (let token = 1; token <= most; token++) {
    const share = shareOf(frame, (2 * Math.PI * (token + LOWEST)) / FRAME, loudness);
    if (share > best.share) best = { token, share };
  }
  return best.token;
}

/** How much of the frame is this tone, from 0 to 1. */
function shareOf(frame: Int16Array | Float32Array, step: number, loudness: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [i, sample] of frame.entries()) {
    real += sample * Math.cos(step * i);
    imaginary += sample * Math.sin(step * i);
  }
  return ((real * real + imaginary * imaginary) * 2) / (frame.length * loudness);
}

/** Nodes that make `audio` [1, 1, samples] of `tokens` [1, count] int64, `stretch` [1] float and `loudness` [1] float. */
export function toneNodes(tokens: string, stretch: string, loudness: string, audio: string): OnnxNode[] {
  const node = (op: string, inputs: string[], output: string, attributes: OnnxNode["attributes"] = {}): OnnxNode => ({ op, inputs, outputs: [output], attributes });
  const number = (name: string, data: Float32Array | BigInt64Array, shape: number[]): OnnxNode => node("Constant", [], name, { value: { tensor: { shape, data } } });
  return [
    number("t.frame", Float32Array.of(FRAME), []),
    number("t.step", Float32Array.of((2 * Math.PI) / FRAME), []),
    number("t.lowest", Float32Array.of(LOWEST), []),
    number("t.zero", Float32Array.of(0), []),
    number("t.one", Float32Array.of(1), []),
    number("t.scalar", BigInt64Array.of(), [0]),
    number("t.last", BigInt64Array.of(2n), [1]),
    number("t.sound", BigInt64Array.of(1n, 1n, -1n), [3]),
    node("Reshape", [stretch, "t.scalar"], "t.stretch"),
    node("Mul", ["t.frame", "t.stretch"], "t.length"),
    node("Round", ["t.length"], "t.samples"),
    node("Range", ["t.zero", "t.samples", "t.one"], "t.time"), // [frame]
    node("Cast", [tokens], "t.tokens", { to: 1 }), // [1, count]
    node("Unsqueeze", ["t.tokens", "t.last"], "t.column"), // [1, count, 1]
    node("Add", ["t.column", "t.lowest"], "t.waves"),
    node("Mul", ["t.waves", "t.step"], "t.frequency"),
    node("Mul", ["t.frequency", "t.time"], "t.phase"), // [1, count, frame]
    node("Sin", ["t.phase"], "t.wave"),
    node("Sign", ["t.column"], "t.heard"), // token 0 is silence
    node("Mul", ["t.wave", "t.heard"], "t.tone"),
    node("Mul", ["t.tone", loudness], "t.loud"),
    node("Reshape", ["t.loud", "t.sound"], audio),
  ];
}
