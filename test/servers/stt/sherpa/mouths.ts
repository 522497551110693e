import { findSpeechFiles } from "../../../../servers/tts/sherpa/families.ts";
import { SherpaSynthesizer } from "../../../../servers/tts/sherpa/sherpa-synthesizer.ts";
import { kokoro } from "../../../onnx/kokoro.ts";
import { hifigan, matcha } from "../../../onnx/matcha.ts";
import { SYMBOLS, toneOf } from "../../../onnx/stt-tones.ts";
import { FRAME, tokensOf } from "../../../onnx/tones.ts";
import { type Piece, piperVits, spellingVits } from "../../../onnx/vits.ts";
import { putModel } from "../../tts/sherpa/fixtures.ts";

/** A model that speaks in tones which the models that hear know. */
export interface Mouth {
  readonly pieces: readonly Piece[];
  /** For each of its own tokens the symbol that it is heard as. */
  readonly tokens: ReadonlyMap<string, string>;
  /** How fast it has to speak for that a token and the silence after it take a tenth of a second. */
  readonly speed: number;
  /** espeak-ng makes phonemes of the text. */
  readonly espeak: boolean;
}

const PHONEMES = Array.from("əlˈoʊwɜːdsitnæɹkmpbɐɪŋh");
/** Each phoneme is heard as a letter. */
const phonemes = new Map([[" ", " "], ...PHONEMES.map((phoneme, index) => [phoneme, SYMBOLS[index + 1]!] as const)]);

/** Of each family. VITS puts silence after each token; in the others one goes into the next. */
export const mouths = {
  "a VITS that spells": { pieces: spellingVits({ facts: { add_blank: 1 } }), tokens: new Map(SYMBOLS.map((symbol) => [symbol, symbol])), speed: 0.4, espeak: false },
  "Piper": { pieces: piperVits(), tokens: phonemes, speed: 0.4, espeak: true },
  "Kokoro": { pieces: kokoro({ names: ["one"] }), tokens: phonemes, speed: 0.2, espeak: true },
  "Matcha": { pieces: [...matcha(), hifigan()], tokens: phonemes, speed: 0.2, espeak: true },
} satisfies Readonly<Record<string, Mouth>>;

export interface OpenMouth extends AsyncDisposable {
  /** 16-bit samples, 16 kHz. */
  say(text: string): Promise<Int16Array>;
}

/** A process with the model in it. Tokens that stand for nothing are silent. */
export async function openMouth(parent: string, { pieces, tokens, speed, espeak }: Mouth): Promise<OpenMouth> {
  const silent = ["_", "^", "$", ...Array.from(".,!?;:")].filter((token) => !tokens.has(token));
  const file = [...silent.map((token) => `${token} 0\n`), ...Array.from(tokens, ([token, symbol]) => `${token === " " ? "" : token} ${toneOf(symbol)}\n`)].join("");
  const folder = await putModel(parent, { pieces: [...pieces, { name: "tokens.txt", bytes: file }], espeak }, "mouth");
  const synthesizer = SherpaSynthesizer.start({ tool: "tts", files: await findSpeechFiles(folder), threads: 1, maxQueue: 1000 });
  return {
    say: async (text) => {
      const pcm: Buffer[] = [];
      await synthesizer.speak({ text, speed }, { onPcm: (more) => pcm.push(more) });
      return new Int16Array(new Uint8Array(Buffer.concat(pcm)).buffer);
    },
    [Symbol.asyncDispose]: () => synthesizer.stop(),
  };
}

/** The symbols that the sound is made of, read without a model. */
export function symbolsOf(samples: Int16Array, { speed }: Mouth): string {
  return tokensOf(samples, { frame: Math.round(FRAME / speed) })
    .map((token) => SYMBOLS.find((symbol) => toneOf(symbol) === token) ?? "")
    .join("")
    .trim();
}

/** What the phonemes are heard as. */
export function spelled(text: string): string {
  return Array.from(text, (phoneme) => phonemes.get(phoneme)!).join("");
}

