import { type Family, findFamily, type Folder, pick, pickAll } from "../../../engines/sherpa/family.ts";
import { checkOnnx, type OnnxHeader } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";

/** The files of one model, by the parts they play. What is null or empty the model has none of. */
export interface SpeechFiles {
  readonly family: "kokoro" | "matcha" | "vits";
  readonly folder: string;
  readonly model: string;
  readonly tokens: string;
  /** How words are spoken; later ones add to the first. */
  readonly lexicons: readonly string[];
  /** espeak-ng's data, with which it makes phonemes of the text. */
  readonly dataDir: string | null;
  /** Rules that write numbers and dates as words. */
  readonly rules: readonly string[];
  /** Kokoro's voices. */
  readonly voices: string | null;
  /** What makes sound of Matcha's spectrum. */
  readonly vocoder: string | null;
}

/**
 * The files of the model in a folder. What k2-fsa publishes as `model.onnx` may be of several families; then it is what the
 * file says itself. `vocoder` takes the place of one in the folder.
 * @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `file-failed`
 */
export async function findSpeechFiles(folder: string, vocoder: string | null = null): Promise<SpeechFiles> {
  const { files } = await findFamily(folder, families, "speech");
  const family = familyOf(files, await checkOnnx(files.model));
  if (family !== "matcha") return { ...files, family, vocoder: null };
  return { ...files, family, vocoder: vocoder ?? files.vocoder };
}

const VOCODER = /^(vocos|hifigan).*\.onnx$/;
const TOKENS = /^tokens\.txt$/;

const families: readonly Family<SpeechFiles>[] = [
  {
    name: "kokoro",
    expected: "model.onnx or model.int8.onnx, voices.bin, tokens.txt and espeak-ng-data/",
    find: (folder) => (pick(folder, /^voices\.bin$/) === null ? null : filesOf(folder, "kokoro", /^model.*\.onnx$/)),
  },
  { name: "matcha", expected: "model-steps-3.onnx and tokens.txt, beside them or in `vocoder:` a vocoder as vocos-22khz-univ.onnx", find: (folder) => filesOf(folder, "matcha", /^model-steps-.*\.onnx$/) },
  { name: "vits", expected: "one .onnx file (Piper's or another VITS) and tokens.txt, with them espeak-ng-data/ or lexicon.txt", find: (folder) => (isOneModel(folder) ? filesOf(folder, "vits", /\.onnx$/) : null) },
];

function filesOf(folder: Folder, family: SpeechFiles["family"], model: RegExp): SpeechFiles | null {
  const path = pick({ ...folder, names: folder.names.filter((name) => !VOCODER.test(name)) }, model, "float");
  const tokens = pick(folder, TOKENS);
  if (path === null || tokens === null) return null;
  return {
    family,
    folder: folder.path,
    model: path,
    tokens,
    lexicons: lexiconsOf(folder),
    dataDir: pick(folder, /^espeak-ng-data\/$/)?.replace(/\/$/, "") ?? null,
    // Those of Kokoro are for Chinese alone, and would have numbers in English said in it, too.
    rules: ["phone", "date", "number"].flatMap((name) => pickAll(folder, new RegExp(`^${name}\\.fst$`))),
    voices: pick(folder, /^voices\.bin$/),
    vocoder: pick(folder, VOCODER),
  };
}

/** Kokoro has English twice, the American first: words of both would be spoken as the first says. */
function lexiconsOf(folder: Folder): string[] {
  const all = pickAll(folder, /^lexicon.*\.txt$/);
  const american = all.find((path) => path.endsWith("lexicon-us-en.txt"));
  return american === undefined ? all : [american, ...all.filter((path) => !/lexicon-(us|gb)-en\.txt$/.test(path))];
}

/** The same model may lie there quantized, too: it is smaller, and sounds worse. */
function isOneModel({ names }: Folder): boolean {
  const models = names.filter((name) => name.endsWith(".onnx") && !VOCODER.test(name));
  return new Set(models.map((name) => name.replace(/\.(int8|fp16)\.onnx$/, ".onnx"))).size === 1;
}

/** By `model_type`, which nearly all have that sherpa-onnx loads; else by the files' names. */
function familyOf(files: SpeechFiles, { metadata }: OnnxHeader): SpeechFiles["family"] {
  const { model_type: type, comment = "" } = metadata;
  if (type === undefined) return files.family;
  const family = TYPES[type] ?? (/vits/.test(type) || /piper|coqui|icefall|melo/.test(comment) ? files.family : undefined);
  if (family === undefined) throw new ToolError("model-unfit", { path: files.model, use: "speech", reason: `it says that it is '${type}'; expected one of ${Object.keys(TYPES).join(", ")}` });
  return family;
}

const TYPES: Readonly<Record<string, SpeechFiles["family"]>> = { "kokoro": "kokoro", "matcha-tts": "matcha", "vits": "vits", "melo-vits": "vits" };
