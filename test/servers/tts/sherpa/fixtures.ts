import { mkdir, symlink, writeFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findSpeechFiles } from "../../../../servers/tts/sherpa/families.ts";
import { SherpaSynthesizer } from "../../../../servers/tts/sherpa/sherpa-synthesizer.ts";
import type { Utterance } from "../../../../servers/tts/synthesizer.ts";
import type { Alphabet } from "../../../onnx/alphabet.ts";
import { kokoro, kokoroPhonemes } from "../../../onnx/kokoro.ts";
import { hifigan, matcha } from "../../../onnx/matcha.ts";
import { FRAME, tokensOf } from "../../../onnx/tones.ts";
import { lexiconVits, phonemes, type Piece, piperVits, spelling, spellingVits } from "../../../onnx/vits.ts";
import { temporaryFolder } from "../../../temporary.ts";

/** A model of each family that says its tokens in tones. */
export interface ToneModel {
  readonly family: "kokoro" | "matcha" | "vits";
  readonly pieces: readonly Piece[];
  /** It has espeak-ng make phonemes. */
  readonly espeak: boolean;
  readonly alphabet: Alphabet;
  /** What is heard of "Hello world." */
  readonly hello: string;
}

export const models: Readonly<Record<string, ToneModel>> = {
  "a VITS that spells": { family: "vits", pieces: spellingVits(), espeak: false, alphabet: spelling, hello: "hello world." },
  "a VITS with a lexicon": { family: "vits", pieces: lexiconVits({ words: ["hello", "world"] }), espeak: false, alphabet: spelling, hello: "hello world . " },
  "Piper": { family: "vits", pieces: piperVits(), espeak: true, alphabet: phonemes, hello: "^həlˈoʊ wˈɜːld.$" },
  "Kokoro": { family: "kokoro", pieces: kokoro({ names: ["af_sky", "bm_lewis"] }), espeak: true, alphabet: kokoroPhonemes, hello: "həlˈoʊ wˈɜːld. " },
  "Kokoro of many languages": { family: "kokoro", pieces: kokoro({ names: ["af_sky", "ef_dora", "zf_xiaobei"], version: 2 }), espeak: true, alphabet: kokoroPhonemes, hello: "həlˈoʊ wˈɜːld. " },
  "Matcha": { family: "matcha", pieces: [...matcha(), hifigan()], espeak: true, alphabet: phonemes, hello: "^həlˈoʊ wˈɜːld.$" },
};

/** The model in a folder of its own below `parent`. */
export async function putModel(parent: string, { pieces, espeak }: Pick<ToneModel, "pieces" | "espeak">, name = "model"): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  for (const piece of pieces) await writeFile(join(folder, piece.name), piece.bytes);
  if (espeak) await symlink(espeakData(), join(folder, "espeak-ng-data"));
  return folder;
}

/** Debian's package espeak-ng-data. */
export function espeakData(): string {
  const found = ["/usr/share", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))].map((folder) => join(folder, "espeak-ng-data")).find((folder) => existsSync(join(folder, "phontab")));
  if (found === undefined) throw new Error("this test needs Debian's package espeak-ng-data");
  return found;
}

export async function startSpeech(folder: string, { vocoder = null, maxQueue = 64 }: { vocoder?: string | null; maxQueue?: number } = {}): Promise<SherpaSynthesizer & AsyncDisposable> {
  const synthesizer = SherpaSynthesizer.start({ tool: "tts", files: await findSpeechFiles(folder, vocoder), threads: 1, maxQueue });
  return Object.assign(synthesizer, { [Symbol.asyncDispose]: () => synthesizer.stop() });
}

/** The samples of a text, and what they say. */
export async function hear(synthesizer: SherpaSynthesizer, utterance: Utterance, { read }: Alphabet): Promise<{ readonly samples: Int16Array; readonly parts: number; readonly said: string }> {
  const parts: Buffer[] = [];
  await synthesizer.speak(utterance, { onPcm: (pcm) => parts.push(pcm) });
  const samples = new Int16Array(new Uint8Array(Buffer.concat(parts)).buffer);
  return { samples, parts: parts.length, said: read(tokensOf(samples, { frame: FRAME / utterance.speed })) };
}

/** A running engine for a model, which is gone at the end of the test. */
export async function withSpeech(model: ToneModel, use: (synthesizer: SherpaSynthesizer, folder: string) => Promise<void>): Promise<void> {
  await using parent = await temporaryFolder();
  const folder = await putModel(parent.path, model);
  await using synthesizer = await startSpeech(folder);
  await use(synthesizer, folder);
}
