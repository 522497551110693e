import { join } from "node:path";
import { checkTokens, readText } from "../../../engines/sherpa/tokens.ts";
import { checkOnnx, corrupt, openModelFile } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { SpeechFiles } from "./families.ts";
import { type Frontend, frontendOf } from "./frontend.ts";

/** What a model says of itself; see the scripts in k2-fsa/sherpa-onnx that convert models. */
export type Metadata = Readonly<Record<string, string>>;

/**
 * Looks into all files of a model before sherpa-onnx does, which ends its process for what it does not like, some of it only
 * when a text is spoken. Gives what the model says of itself.
 * @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `file-failed`, naming the file
 */
export async function checkSpeechFiles(files: SpeechFiles): Promise<Metadata> {
  const { metadata, outputs } = await checkOnnx(files.model);
  checkMetadata(files, metadata);
  if (files.family === "matcha" && outputs[0] !== "audio_output") await checkVocoder(files);
  const frontend = frontendOf(files, metadata);
  const tokens = await checkTokens(files.tokens, frontend);
  checkFrontend(frontend, files, tokens);
  if (frontend.lexicon) for (const lexicon of files.lexicons) await checkLexicon(lexicon, tokens);
  if (frontend.espeak) await checkEspeak(files.dataDir ?? join(files.folder, "espeak-ng-data"));
  if (files.family === "kokoro") await checkVoices(files, metadata);
  for (const rule of files.rules) await checkRule(rule);
  return metadata;
}

/** sherpa-onnx ends without them. */
const NEEDED: Readonly<Record<SpeechFiles["family"], readonly string[]>> = {
  vits: ["sample_rate", "n_speakers", "language", "comment"],
  kokoro: ["sample_rate", "n_speakers", "has_espeak", "style_dim"],
  matcha: ["sample_rate", "n_speakers", "use_eos_bos", "pad_id"],
};
const NUMBER = [/^\d{1,6}$/, "a number"] as const;
const FORMS: Readonly<Record<string, readonly [form: RegExp, expected: string]>> = {
  sample_rate: [/^[1-9]\d{3,5}$/, "samples a second"],
  n_speakers: NUMBER,
  has_espeak: NUMBER,
  use_eos_bos: NUMBER,
  pad_id: NUMBER,
  style_dim: [/^\d+,1,\d+$/, "three lengths, as 510,1,256"],
};

function checkMetadata({ family, model }: SpeechFiles, metadata: Metadata): void {
  if (Object.keys(metadata).length === 0) {
    throw new ToolError("model-unfit", { path: model, use: "speech", reason: `it has no metadata, as ${NEEDED[family].join(", ")}`, hint: "Take one that was converted for sherpa-onnx, as those on k2-fsa's release page 'tts-models'" });
  }
  for (const key of NEEDED[family]) {
    const value = metadata[key];
    if (value === undefined) throw corrupt(model, `its metadata has no '${key}': it is truncated, or was not converted for sherpa-onnx`);
    const [form, expected] = FORMS[key] ?? [/^/, ""];
    if (!form.test(value)) throw corrupt(model, `'${key}' in its metadata is '${value}', expected ${expected}`);
  }
}

async function checkVocoder({ folder, vocoder }: SpeechFiles): Promise<void> {
  if (vocoder === null) throw new ToolError("model-unfit", { path: folder, use: "speech", reason: "it makes a spectrum, and there is no vocoder beside it that makes sound of that", hint: "Set `vocoder:` in tools.yaml to one, as vocos-22khz-univ.onnx" });
  const { metadata } = await checkOnnx(vocoder);
  const type = metadata["model_type"];
  if (type === undefined || !VOCODERS.includes(type)) throw new ToolError("model-unfit", { path: vocoder, use: "a vocoder", reason: `its model_type is ${type === undefined ? "not given" : `'${type}'`}, expected one of ${VOCODERS.join(", ")}` });
}

const VOCODERS = ["hifigan", "vocos", "matcha-tts vocos"];

function checkFrontend(frontend: Frontend, { folder, tokens: path, lexicons }: SpeechFiles, tokens: ReadonlyMap<string, number>): void {
  if (frontend.lexicon && lexicons.length === 0) throw new ToolError("model-missing", { path: join(folder, "lexicon.txt"), hint: "The model looks words up in it" });
  for (const token of frontend.tokens) if (!tokens.has(token)) throw corrupt(path, `the token '${token}' is missing, which the model's texts are made with`);
}

/** A file that is another's, or a web page, has words without a known sound; a few such are usual. */
async function checkLexicon(path: string, tokens: ReadonlyMap<string, number>): Promise<void> {
  const lines = (await readText(path)).split("\n").slice(0, SAMPLE).map((line) => line.trim()).filter((line) => line !== "");
  const known = lines.filter((line) => {
    const [, ...sounds] = line.split(/\s+/);
    return sounds.length > 0 && sounds.every((sound) => tokens.has(sound) || /^\d+$/.test(sound));
  });
  if (lines.length === 0) throw corrupt(path, "there are no words in it");
  if (known.length * 2 < lines.length) throw corrupt(path, `expected a word and its tokens in each line, and ${lines.length - known.length} of the first ${lines.length} are none`);
}

const SAMPLE = 200;

/** Source of the names: sherpa-onnx/csrc/offline-tts-vits-model-config.cc */
async function checkEspeak(folder: string): Promise<void> {
  for (const name of ["phontab", "phonindex", "phondata", "intonations"]) if ((await sizeOf(join(folder, name))) === 0) throw corrupt(join(folder, name), "it is empty");
}

async function sizeOf(path: string): Promise<number> {
  const file = await openModelFile(path);
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** One style for each voice and length of text, all as floats. */
async function checkVoices({ voices, folder }: SpeechFiles, metadata: Metadata): Promise<void> {
  if (voices === null) throw new ToolError("model-missing", { path: join(folder, "voices.bin"), hint: "The model's voices lie in it" });
  const size = await sizeOf(voices);
  const expected = (metadata["style_dim"] ?? "").split(",").reduce((product, length) => product * Number(length), 4 * Number(metadata["n_speakers"]));
  if (size !== expected) throw corrupt(voices, `expected ${expected} bytes, as ${metadata["n_speakers"]} voices of the model have, it has ${size}`);
}

/** Source of the number: OpenFst, kFstMagicNumber in src/include/fst/fst.h */
async function checkRule(path: string): Promise<void> {
  const file = await openModelFile(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4 || buffer.readInt32LE() !== FST) throw corrupt(path, `it is no OpenFst file: it begins with ${JSON.stringify(buffer.subarray(0, bytesRead).toString("latin1"))}`);
  } finally {
    await file.close();
  }
}

const FST = 2125659606;
