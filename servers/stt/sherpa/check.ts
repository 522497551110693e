import { checkTokens } from "../../../engines/sherpa/tokens.ts";
import { checkOnnx, corrupt, type OnnxHeader, openModelFile } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { USE } from "./identify.ts";
import { type Count, type Files, kindOf, type KindName, type Part, type Wanted } from "./kinds.ts";

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
    else headers[part] = fitting(path, await checkOnnx(path), wanted, `the ${part} of a model of the kind ${kindOf(kind).title}`);
  }
  const tokens = await checkTokens(files.tokens);
  checkVocabulary(kind, files.tokens, tokens, headers);
  return headers;
}

export type Headers = Readonly<Partial<Record<Part, OnnxHeader>>>;

function fitting(path: string, header: OnnxHeader, { facts = [], inputs, outputs }: Wanted, what: string): OnnxHeader {
  const unfit = (reason: string): ToolError => new ToolError("model-unfit", { path, use: USE, reason: `${reason}, as ${what} has. Was it another file under this name?` });
  const missing = facts.filter((fact) => !(fact in header.metadata));
  if (missing.length > 0) throw unfit(`its header does not say ${missing.join(", ")}`);
  if (!counts(header.inputs, inputs) || !counts(header.outputs, outputs)) throw unfit(`it has ${header.inputs.length} inputs and ${header.outputs.length} outputs, not ${told(inputs)} and ${told(outputs)}`);
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

/** A token that the model writes and the file does not have ends the process when it is spoken. */
function checkVocabulary(kind: KindName, path: string, tokens: ReadonlyMap<string, number>, headers: Headers): void {
  const unfit = (reason: string): ToolError => new ToolError("model-unfit", { path, use: USE, reason: `${reason}. Is it another model's?` });
  const highest = Math.max(...tokens.values());
  const size = sizeOf(kind, headers);
  if (size !== null && highest + 1 < size) throw unfit(`it has tokens up to number ${highest}, the model writes them up to ${size - 1}`);
  if (kind === "parakeet" || kind === "nemo-ctc") {
    if (tokens.get("<blk>") !== size! - 1 || highest + 1 !== size) throw unfit(`expected ${size} tokens with <blk> as the last, it has ${highest + 1} with <blk> as number ${tokens.get("<blk>") ?? "none"}`);
  } else if (kind === "zipformer-ctc" && !["<blk>", "<eps>", "<blank>"].some((blank) => tokens.has(blank))) {
    throw unfit("expected one of the tokens <blk>, <eps> and <blank>");
  }
}

/** How many tokens the model writes, where a header says so. NeMo leaves out the blank. */
function sizeOf(kind: KindName, headers: Headers): number | null {
  const said = headers.decoder?.metadata["vocab_size"] ?? headers.encoder?.metadata["vocab_size"] ?? headers.model?.metadata["vocab_size"];
  if (said === undefined || kind === "whisper") return null;
  return Number(said) + (kind === "parakeet" || kind === "nemo-ctc" ? 1 : 0);
}
