import { RATE, toneNodes } from "./tones.ts";
import { type Facts, known, LETTERS, type Piece } from "./vits.ts";
import { type Alphabet, alphabet } from "./alphabet.ts";
import { floats, type OnnxModel, writeOnnx } from "./writer.ts";

export const kokoroPhonemes: Alphabet = alphabet("_", [" ", ...LETTERS, ...Array.from(";:,.!?—…\"()“”əɪʊɛɔæʌɑɒɜɚɐɹɡŋθðʃʒɾʔᵻɫɬɲβˈˌː")]);

const LENGTHS = 512;

/** Kokoro: each speaker has a style for each length of a text; here it is how loud he is. */
export function kokoro({ names, version = 1, facts = {} }: { names: readonly string[]; version?: 1 | 2; facts?: Facts }): Piece[] {
  const metadata = known({ model_type: "kokoro", language: "English", has_espeak: 1, sample_rate: RATE, version, voice: "en-us", style_dim: `${LENGTHS},1,1`, n_speakers: names.length, speaker_names: names.join(","), comment: "of tones", ...facts });
  const styles = Float32Array.from({ length: names.length * LENGTHS }, (_, index) => 1 / (2 + Math.floor(index / LENGTHS)));
  return [
    { name: "model.onnx", bytes: writeOnnx({ ...graph(), metadata }) },
    { name: "voices.bin", bytes: new Uint8Array(styles.buffer) },
    { name: "tokens.txt", bytes: kokoroPhonemes.file },
    ...(version === 2 ? [{ name: "lexicon-us-en.txt", bytes: "hello h ə l ˈ o ʊ\nworld w ˈ ɜ ː l d\n" }, { name: "lexicon-zh.txt", bytes: "你 n i\n好 h a o\n" }] : []),
  ];
}

function graph(): Omit<OnnxModel, "metadata"> {
  return {
    inputs: [
      { name: "tokens", type: "int64", shape: [1, "count"] },
      { name: "style", type: "float", shape: [1, 1] },
      { name: "speed", type: "float", shape: [1] },
    ],
    outputs: [{ name: "audio", type: "float", shape: [1, 1, "samples"] }],
    constants: { one: floats([1]) },
    nodes: [{ op: "Div", inputs: ["one", "speed"], outputs: ["stretch"] }, ...toneNodes("tokens", "stretch", "style", "audio")],
  };
}
