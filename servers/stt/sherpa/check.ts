import { checkTokens } from "../../../engines/sherpa/tokens.ts";
import { checkOnnx, corrupt, type OnnxHeader, openModelFile } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { USE } from "./identify.ts";
import { type Count, type Files, kindOf, type KindName, type Part, type Wanted } from "./kinds.ts";
import { outputShape } from "./shape.ts";

/**
 * Looks into all files of a model for what the library would otherwise end its process about: whether they are whole, whether each is
 * the one that it is named as, and whether the tokens are this model's. Reads headers only.
 * @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `file-failed`
 */
export async function checkModel(kind: KindName, files: Files): Promise<Headers> {
  const headers: Partial<Record<Part, OnnxHeader>> = {};
  for (const [part, wanted] of Object.entries(kindOf(kind).parts) as [Part, Wanted][]) {
    const path = files[part]!;
    if (path.endsWith(".ort")) await checkOrt(path);
    else headers[part] = await fitting(path, wanted, `the ${part} of a model of the kind ${kindOf(kind).title}`);
  }
  const tokens = await checkTokens(files.tokens);
  await checkVocabulary(kind, files, tokens, headers);
  return headers;
}

export type Headers = Readonly<Partial<Record<Part, OnnxHeader>>>;

async function fitting(path: string, { facts = [], inputs, outputs, axes }: Wanted, what: string): Promise<OnnxHeader> {
  const header = await checkOnnx(path);
  const unfit = (reason: string): ToolError => new ToolError("model-unfit", { path, use: USE, reason: `${reason}, as ${what} has. Was it another file under this name?` });
  const missing = facts.filter((fact) => !(fact in header.metadata));
  if (missing.length > 0) throw unfit(`its header does not say ${missing.join(", ")}`);
  if (!counts(header.inputs, inputs) || !counts(header.outputs, outputs)) throw unfit(`it has ${header.inputs.length} inputs and ${header.outputs.length} outputs, not ${told(inputs)} and ${told(outputs)}`);
  const shape = axes === undefined ? null : await outputShape(path);
  if (shape !== null && shape.length !== axes) throw unfit(`what it computes has ${shape.length} dimensions, not ${axes}`);
  return header;
}

const counts = (names: readonly string[], count: Count): boolean => (typeof count === "number" ? names.length === count : names.length >= count.least);
const told = (count: Count): string => (typeof count === "number" ? `${count}` : `at least ${count.least}`);

/** onnxruntime's own format is a flatbuffer, which says at its fifth byte what it is. Source: onnxruntime core/flatbuffers/schema/ort.fbs */
async function checkOrt(path: string): Promise<void> {
  const file = await openModelFile(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (buffer.toString("latin1", 4, 8) !== "ORTM") throw corrupt(path, `it is no model in onnxruntime's format: it begins with ${JSON.stringify(buffer.toString("latin1", 0, bytesRead))}`);
  } finally {
    await file.close();
  }
}

/** A token that the model writes and the file does not have is lost, or ends the process when it is spoken. */
async function checkVocabulary(kind: KindName, files: Files, tokens: ReadonlyMap<string, number>, headers: Headers): Promise<void> {
  const unfit = (reason: string): ToolError => new ToolError("model-unfit", { path: files.tokens, use: USE, reason: `${reason}. Is it whole, and this model's?` });
  const count = Math.max(...tokens.values()) + 1;
  const written = await vocabularyOf(kind, files, headers);
  if (written !== null && count < written) throw unfit(`it has ${count} tokens, the model writes ${written}`);
  if (kind === "parakeet" || kind === "nemo-ctc") {
    if (tokens.get("<blk>") !== written! - 1 || count !== written) throw unfit(`expected ${written} tokens with <blk> as the last, it has ${count} with <blk> as number ${tokens.get("<blk>") ?? "none"}`);
  } else if (kind === "zipformer-ctc" && !["<blk>", "<eps>", "<blank>"].some((blank) => tokens.has(blank))) {
    throw unfit("expected one of the tokens <blk>, <eps> and <blank>");
  }
}

/** How many tokens the model writes, where it says so. NeMo leaves out the blank; Whisper's own marks, which no file has, come after the text's. */
async function vocabularyOf(kind: KindName, files: Files, { encoder, decoder, model }: Headers): Promise<number | null> {
  switch (kind) {
    case "parakeet":
    case "nemo-ctc":
      return numberOf((encoder ?? model)!.metadata["vocab_size"], 1);
    case "whisper":
      return numberOf(encoder!.metadata["eot"]);
    case "streaming-zipformer":
    case "zipformer":
      return numberOf(decoder!.metadata["vocab_size"]);
    case "sense-voice":
      return numberOf(model!.metadata["vocab_size"]);
    case "streaming-zipformer-ctc":
    case "zipformer-ctc":
      return widthOf(files.model!);
    case "moonshine":
    case "moonshine-merged": {
      // A few that are only marks for the model may be missing.
      const scores = await widthOf((files.uncachedDecoder ?? files.mergedDecoder)!);
      return scores === null ? null : Math.floor(scores * MOONSHINE_SHARE);
    }
  }
}

const MOONSHINE_SHARE = 0.95;

/** The last length of what it computes. */
async function widthOf(path: string): Promise<number | null> {
  return path.endsWith(".ort") ? null : ((await outputShape(path))?.at(-1) ?? null);
}

const numberOf = (said: string | undefined, more = 0): number | null => (said === undefined ? null : Number(said) + more);
