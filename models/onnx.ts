import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import { type Field, ProtobufError, ProtobufFile } from "./protobuf.ts";

/** What an ONNX file says of itself. */
export interface OnnxHeader {
  readonly irVersion: number;
  /** Of the usual operators. */
  readonly opset: number;
  /** What was written beside the graph, as sherpa-onnx's models have it: `sample_rate`, `model_type` and the like. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Walks through an ONNX file, field by field down to its weights, so that a download that was cut, a web page or a pointer of
 * Git LFS under a model's name is called what it is: onnxruntime would end the process. The weights' bytes are passed over.
 * Source of the format: github.com/onnx/onnx onnx/onnx.proto
 * @throws ToolError `model-missing`, `model-corrupt`, `file-failed`
 */
export async function checkOnnx(path: string): Promise<OnnxHeader> {
  const file = await openModelFile(path);
  try {
    const { size } = await file.stat();
    if (size === 0) throw corrupt(path, "it is empty");
    return await readModel(new ProtobufFile(file, size), path);
  } finally {
    await file.close();
  }
}

/** @throws ToolError `model-missing`, `model-corrupt`, `file-failed` */
export async function openModelFile(path: string): Promise<FileHandle> {
  try {
    // What is no file may block when it is opened.
    if ((await stat(path)).isFile()) return await open(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new ToolError("model-missing", { path, hint: "Check `model:` in tools.yaml" });
    throw new ToolError("file-failed", { path, reason: message }, { cause: error });
  }
  throw corrupt(path, "it is not a regular file");
}

export function corrupt(path: string, reason: string, hint = "Delete it and fetch it again"): ToolError {
  return new ToolError("model-corrupt", { path, reason, hint });
}

/** Fields of a ModelProto that are looked at, and how each is written. */
const IR_VERSION = 1;
const GRAPH = 7;
const OPSET = 8;
const METADATA = 14;
const WIRES: Readonly<Record<number, number>> = { [IR_VERSION]: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, [GRAPH]: 2, [OPSET]: 2, [METADATA]: 2, 20: 2, 25: 2, 26: 2 };

async function readModel(file: ProtobufFile, path: string): Promise<OnnxHeader> {
  let irVersion: number | null = null;
  let opset: number | null = null;
  let graph: Graph | null = null;
  const metadata: Record<string, string> = {};
  try {
    for await (const field of file.fields()) {
      if (WIRES[field.number] !== undefined && WIRES[field.number] !== field.wire) throw new ProtobufError(`its field ${field.number} is of another type`, field.start);
      if (field.number === IR_VERSION) irVersion = field.value;
      else if (field.number === GRAPH) graph = await readGraph(file, field, path);
      else if (field.number === OPSET) opset = (await readOpset(file, field)) ?? opset;
      else if (field.number === METADATA) metadata[await textOf(file, field, 1)] = await textOf(file, field, 2);
    }
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    if (irVersion === null) throw await noModel(file, path);
    if (error.expected !== null && error.expected > file.size) throw corrupt(path, `it is truncated: expected ${error.expected} bytes or more, it has ${file.size}`);
    throw corrupt(path, `it is truncated or damaged at byte ${error.at} of ${file.size}: ${error.message}`);
  }
  if (irVersion === null) throw await noModel(file, path);
  if (irVersion < 1 || irVersion > MOST_IR) throw corrupt(path, `its format's version (ir_version) is ${irVersion}; 1 to ${MOST_IR} can be read`);
  if (graph === null) throw corrupt(path, "it is truncated or damaged: there is no graph in it");
  if (graph.nodes === 0 || graph.outputs.length === 0) throw corrupt(path, "its graph computes nothing");
  if (opset === null) throw corrupt(path, "it is truncated or damaged: it does not say which operators it uses (opset_import)");
  if (opset < 1 || opset > MOST_OPSET) throw corrupt(path, `its operators are of version ${opset}; 1 to ${MOST_OPSET} can be read`);
  return { irVersion, opset, metadata, inputs: graph.inputs, outputs: graph.outputs };
}

/** Higher than there are; what is damaged is far beyond. */
const MOST_IR = 30;
const MOST_OPSET = 60;

async function noModel(file: ProtobufFile, path: string): Promise<ToolError> {
  const beginning = (await file.bytes(0, 8)).toString("latin1");
  return corrupt(path, `it is no ONNX model: it begins with ${JSON.stringify(beginning)}`);
}

interface Graph {
  readonly nodes: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Source of the numbers: onnx.proto, GraphProto */
async function readGraph(file: ProtobufFile, { start, end }: Field, path: string): Promise<Graph> {
  let nodes = 0;
  const inputs: string[] = [];
  const outputs: string[] = [];
  for await (const field of file.fields(start, end)) {
    if (field.number === 1) nodes++;
    else if (field.number === 5) await checkTensor(file, field, path);
    else if (field.number === 11) inputs.push(await textOf(file, field, 1));
    else if (field.number === 12) outputs.push(await textOf(file, field, 1));
  }
  return { nodes, inputs, outputs };
}

/** Weights may lie in a file of their own beside the model's. Source of the numbers: onnx.proto, TensorProto */
async function checkTensor(file: ProtobufFile, { start, end }: Field, path: string): Promise<void> {
  const external: Record<string, string> = {};
  for await (const field of file.fields(start, end)) if (field.number === 13 && field.wire === 2) external[await textOf(file, field, 1)] = await textOf(file, field, 2);
  const { location } = external;
  if (location === undefined) return;
  const weights = join(dirname(path), location);
  const needed = Number(external["offset"] ?? 0) + Number(external["length"] ?? 0);
  const size = await stat(weights).then((found) => found.size, () => null);
  if (size === null) throw new ToolError("model-missing", { path: weights, hint: `${path} keeps its weights there` });
  if (size < needed) throw corrupt(weights, `it is truncated: expected ${needed} bytes or more, it has ${size}`);
}

async function readOpset(file: ProtobufFile, { start, end }: Field): Promise<number | null> {
  let domain = "";
  let version = 0;
  for await (const field of file.fields(start, end)) {
    if (field.number === 1 && field.wire === 2) domain = await file.text(field);
    else if (field.number === 2) version = field.value;
  }
  return domain === "" || domain === "ai.onnx" ? version : null;
}

/** The text in a field of a small message. */
async function textOf(file: ProtobufFile, { start, end }: Field, number: number): Promise<string> {
  for await (const field of file.fields(start, end)) if (field.number === number && field.wire === 2) return file.text(field);
  return "";
}
