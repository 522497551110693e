import { type Alphabet, alphabet } from "./alphabet.ts";
import { RATE, toneNodes } from "./tones.ts";
import { type Declared, floats, int64s, type OnnxModel, type OnnxNode, writeOnnx } from "./writer.ts";

export interface Piece {
  readonly name: string;
  readonly bytes: string | Uint8Array;
}

/** Facts that a test may want otherwise; `null` leaves one out. */
export type Facts = Readonly<Record<string, string | number | null>>;

export const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz");

/** A VITS model that spells: its tokens are letters. What it says is `read` by the alphabet. */
export const spelling: Alphabet = alphabet("_", [" ", ...LETTERS, ".", ",", "!", "?"]);

export const spellingFacts = { model_type: "vits", comment: "coqui", language: "English", frontend: "characters", sample_rate: RATE, n_speakers: 1, add_blank: 0, use_eos_bos: 0 };

export function spellingVits({ speakers = 1, facts = {} }: { speakers?: number; facts?: Facts } = {}): Piece[] {
  const metadata = known({ ...spellingFacts, n_speakers: speakers, ...facts });
  return [
    { name: "model.onnx", bytes: writeOnnx({ ...piperGraph(), metadata }) },
    { name: "tokens.txt", bytes: spelling.file },
  ];
}

/** As icefall's models have it: words are looked up in a lexicon. */
export function lexiconVits({ words, facts = {} }: { words: readonly string[]; facts?: Facts }): Piece[] {
  const metadata = known({ model_type: "vits", comment: "icefall", language: "English", punctuation: ". , ! ?", sample_rate: RATE, n_speakers: 2, add_blank: 0, ...facts });
  return [
    { name: "vits-test.onnx", bytes: writeOnnx({ ...icefallGraph(), metadata }) },
    { name: "lexicon.txt", bytes: words.map((word) => `${word} ${Array.from(word).join(" ")}\n`).join("") },
    { name: "tokens.txt", bytes: spelling.file },
  ];
}

/** Piper's: espeak-ng makes phonemes of the text. */
export const phonemes: Alphabet = alphabet("_", ["^", "$", " ", ...LETTERS, ...Array.from(".,!?;:əɪʊɛɔæʌɑɒɜɚɐɹɡŋθðʃʒɾʔᵻɫɬˈˌː")]);

export function piperVits({ speakers = 1, facts = {} }: { speakers?: number; facts?: Facts } = {}): Piece[] {
  const metadata = known({ model_type: "vits", comment: "piper", language: "English", voice: "en-us", has_espeak: 1, sample_rate: RATE, n_speakers: speakers, ...facts });
  return [
    { name: "en_US-tones-low.onnx", bytes: writeOnnx({ ...piperGraph(), metadata }) },
    { name: "en_US-tones-low.onnx.json", bytes: "{}" },
    { name: "tokens.txt", bytes: phonemes.file },
  ];
}

export function known(facts: Facts): Record<string, string | number> {
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string | number] => entry[1] !== null));
}

/** `loudness` of speaker 0 is a half, and each other's less by a share. */
export function speakerNodes(sid: string): OnnxNode[] {
  return [
    { op: "Cast", inputs: [sid], outputs: ["s.number"], attributes: { to: 1 } },
    { op: "Add", inputs: ["s.number", "s.two"], outputs: ["s.divisor"] },
    { op: "Div", inputs: ["s.one", "s.divisor"], outputs: ["loudness"] },
  ];
}

export const speakerConstants = { "s.one": floats([1]), "s.two": floats([2]) };

const audio: Declared = { name: "output", type: "float", shape: [1, 1, "samples"] };

/** Inputs as Piper's and Coqui's models have them: noise, length and noise of lengths in one. */
export function piperGraph(): Omit<OnnxModel, "metadata"> {
  return {
    inputs: [
      { name: "input", type: "int64", shape: [1, "count"] },
      { name: "input_lengths", type: "int64", shape: [1] },
      { name: "scales", type: "float", shape: [3] },
      { name: "sid", type: "int64", shape: [1] },
    ],
    outputs: [audio],
    constants: { ...speakerConstants, second: int64s([1]) },
    nodes: [{ op: "Gather", inputs: ["scales", "second"], outputs: ["stretch"] }, ...speakerNodes("sid"), ...toneNodes("input", "stretch", "loudness", audio.name)],
  };
}

function icefallGraph(): Omit<OnnxModel, "metadata"> {
  const one = (name: string, type: Declared["type"]): Declared => ({ name, type, shape: [1] });
  return {
    inputs: [{ name: "x", type: "int64", shape: [1, "count"] }, one("x_length", "int64"), one("noise_scale", "float"), one("length_scale", "float"), one("noise_scale_dur", "float"), one("sid", "int64")],
    outputs: [audio],
    constants: speakerConstants,
    nodes: [...speakerNodes("sid"), ...toneNodes("x", "length_scale", "loudness", audio.name)],
  };
}
