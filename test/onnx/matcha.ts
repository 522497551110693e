import { FRAME, LOWEST, RATE } from "./tones.ts";
import { type Facts, known, phonemes, type Piece } from "./vits.ts";
import { floats, int64s, type OnnxNode, writeOnnx } from "./writer.ts";

/** Rows of the spectrum: one for each token. */
const TOKENS = 101;
/** Columns of the spectrum for a token at speed 1, and samples of each. */
const COLUMNS = 4;
const HOP = FRAME / COLUMNS;

const node = (op: string, inputs: string[], outputs: string[], attributes: OnnxNode["attributes"] = {}): OnnxNode => ({ op, inputs, outputs, attributes });

/** Matcha's acoustic model: a spectrum in which a token is a row. It needs a vocoder. */
export function matcha({ facts = {} }: { facts?: Facts } = {}): Piece[] {
  const metadata = known({ model_type: "matcha-tts", language: "English", voice: "en-us", has_espeak: 1, jieba: 0, sample_rate: RATE, n_speakers: 1, version: 1, use_eos_bos: 1, pad_id: 0, ...facts });
  const bytes = writeOnnx({
    metadata,
    inputs: [
      { name: "x", type: "int64", shape: [1, "count"] },
      { name: "x_length", type: "int64", shape: [1] },
      { name: "noise_scale", type: "float", shape: [1] },
      { name: "length_scale", type: "float", shape: [1] },
    ],
    outputs: [{ name: "mel", type: "float", shape: [1, TOKENS, "columns"] }],
    constants: { depth: int64s([TOKENS]), values: floats([0, 1]), columns: floats([COLUMNS]), last: int64s([3]), one: int64s([1, 1, 1]), shape: int64s([1, TOKENS, -1]) },
    nodes: [
      node("OneHot", ["x", "depth", "values"], ["rows"], { axis: 1 }),
      node("Unsqueeze", ["rows", "last"], ["single"]),
      node("Mul", ["columns", "length_scale"], ["exact"]),
      node("Round", ["exact"], ["rounded"]),
      node("Cast", ["rounded"], ["times"], { to: 7 }),
      node("Concat", ["one", "times"], ["repeats"], { axis: 0 }),
      node("Tile", ["single", "repeats"], ["tiled"]),
      node("Reshape", ["tiled", "shape"], ["mel"]),
    ],
  });
  return [
    { name: "model-steps-3.onnx", bytes },
    { name: "tokens.txt", bytes: phonemes.file },
  ];
}

/** Makes the sound itself. */
export function hifigan({ facts = {} }: { facts?: Facts } = {}): Piece {
  const bytes = writeOnnx({
    metadata: known({ model_type: "hifigan", ...facts }),
    inputs: [{ name: "mel", type: "float", shape: [1, TOKENS, "columns"] }],
    outputs: [{ name: "audio", type: "float", shape: [1, 1, "samples"] }],
    constants: {
      zero: { shape: [], data: Float32Array.of(0) },
      step: { shape: [], data: Float32Array.of(1) },
      hop: floats([HOP]),
      scalar: { shape: [0], data: new BigInt64Array() },
      column: int64s([1, -1, 1]),
      grid: int64s([1, -1, HOP]),
      sound: int64s([1, 1, -1]),
      radians: floats([(2 * Math.PI) / FRAME]),
      lowest: floats([LOWEST]),
      half: floats([0.5]),
    },
    nodes: [
      node("ArgMax", ["mel"], ["tokens"], { axis: 1, keepdims: 0 }),
      node("Cast", ["tokens"], ["numbers"], { to: 1 }),
      node("Reshape", ["numbers", "column"], ["columns"]),
      node("Size", ["tokens"], ["count"]),
      node("Cast", ["count"], ["length"], { to: 1 }),
      node("Mul", ["length", "hop"], ["end"]),
      node("Reshape", ["end", "scalar"], ["samples"]),
      node("Range", ["zero", "samples", "step"], ["moments"]),
      node("Reshape", ["moments", "grid"], ["time"]),
      node("Add", ["columns", "lowest"], ["waves"]),
      node("Mul", ["waves", "radians"], ["speed"]),
      node("Mul", ["speed", "time"], ["phase"]),
      node("Sin", ["phase"], ["wave"]),
      node("Sign", ["columns"], ["heard"]),
      node("Mul", ["heard", "half"], ["loudness"]),
      node("Mul", ["wave", "loudness"], ["tones"]),
      node("Reshape", ["tones", "sound"], ["audio"]),
    ],
  });
  return { name: "hifigan_v2.onnx", bytes };
}

const BINS = FRAME / 2 + 1;

/** Gives amplitude and phase of each frequency, of which sherpa-onnx makes the sound: an inverse Fourier transform with windows that overlap. */
export function vocos({ facts = {} }: { facts?: Facts } = {}): Piece {
  const turns = Float32Array.from({ length: BINS }, (_, bin) => (2 * Math.PI * bin * HOP) / FRAME);
  const out = (name: string) => ({ name, type: "float" as const, shape: [1, BINS, "columns"] });
  const bytes = writeOnnx({
    metadata: known({ model_type: "vocos", n_fft: FRAME, hop_length: HOP, win_length: FRAME, center: 1, normalized: 0, window_type: "hann", pad_mode: "reflect", ...facts }),
    inputs: [{ name: "mels", type: "float", shape: [1, TOKENS, "columns"] }],
    outputs: [out("mag"), out("x"), out("y")],
    constants: {
      pads: int64s([0, LOWEST, 0, 0, BINS - TOKENS - LOWEST, 0]),
      heard: floats(Array.from({ length: TOKENS }, (_, token) => (token === 0 ? 0 : FRAME / 6)), [1, TOKENS, 1]),
      turns: floats(turns, [1, BINS, 1]),
      zero: { shape: [], data: Float32Array.of(0) },
      step: { shape: [], data: Float32Array.of(1) },
      third: int64s([2]),
      scalar: { shape: [0], data: new BigInt64Array() },
    },
    nodes: [
      node("Mul", ["mels", "heard"], ["rows"]),
      node("Pad", ["rows", "pads"], ["mag"]),
      node("Shape", ["mels"], ["shape"]),
      node("Gather", ["shape", "third"], ["count"]),
      node("Cast", ["count"], ["length"], { to: 1 }),
      node("Reshape", ["length", "scalar"], ["columns"]),
      node("Range", ["zero", "columns", "step"], ["time"]),
      node("Mul", ["turns", "time"], ["phase"]),
      node("Cos", ["phase"], ["x"]),
      node("Sin", ["phase"], ["y"]),
    ],
  });
  return { name: "vocos-16khz-univ.onnx", bytes };
}
