import { bytes, type Field, float, int, message } from "./protobuf.ts";

/**
 * Writes an ONNX model. Source of the format: github.com/onnx/onnx onnx/onnx.proto. Only what a constructed model needs: the
 * type of a tensor is that of its array, and what stands between inputs and outputs needs no declaration.
 */
export interface OnnxModel extends OnnxGraph {
  /** Strings that sherpa-onnx reads its facts from. */
  readonly metadata?: Readonly<Record<string, string | number>>;
  readonly opset?: number;
}

export interface OnnxGraph {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly nodes: readonly OnnxNode[];
}

export interface Declared {
  readonly name: string;
  readonly type: "float" | "int32" | "int64" | "bool";
  /** A text stands for a length that is known only at run time. */
  readonly shape: readonly (number | string)[];
}

export interface Constant {
  /** Empty for a single number. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
  /** The file beside the model's that the data lies in, in place of the model. */
  readonly file?: string;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** Whole numbers are written as int; give `{float: 1}` where a float is meant. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] } | { readonly tensor: Constant } | { readonly graph: OnnxGraph };

/** The whole file as bytes; the same model gives the same bytes. */
export function writeOnnx({ metadata = {}, opset = 17, ...graph }: OnnxModel): Buffer {
  return Buffer.concat([
    int(1, 8), // ir_version
    bytes(2, "pipe-tools"),
    message(7, ...graphFields(graph)),
    message(8, bytes(1, ""), int(2, opset)),
    ...Object.entries(metadata).map(([key, value]) => message(14, bytes(1, key), bytes(2, String(value)))),
  ]);
}

export const floats = (values: Iterable<number>, shape?: readonly number[]): Constant => constant(Float32Array.from(values), shape);
export const int64s = (values: Iterable<number>, shape?: readonly number[]): Constant => constant(BigInt64Array.from([...values].map(BigInt)), shape);

function constant(data: Constant["data"], shape: readonly number[] = [data.length]): Constant {
  return { shape, data };
}

function graphFields({ nodes, constants = {}, inputs, outputs }: OnnxGraph): Field[] {
  return [
    ...nodes.map((node, index) => message(1, ...nodeFields(node, index))),
    bytes(2, "graph"),
    ...Object.entries(constants).map(([name, constant]) => message(5, ...tensorFields(constant, name))),
    ...inputs.map((input) => message(11, ...declaredFields(input))),
    ...outputs.map((output) => message(12, ...declaredFields(output))),
  ];
}

function nodeFields({ op, inputs, outputs, attributes = {} }: OnnxNode, index: number): Field[] {
  return [
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(3, `${op}-${index}`),
    bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, bytes(1, name), ...attributeFields(value))),
  ];
}

/** The numbers of the types are those of AttributeProto.AttributeType. */
function attributeFields(value: Attribute): Field[] {
  const typed = (type: number, ...fields: Field[]): Field[] => [...fields, int(20, type)];
  if (typeof value === "number") return typed(2, int(3, value));
  if (typeof value === "string") return typed(3, bytes(4, value));
  if (isList(value)) return typed(7, ...value.map((one) => int(8, one)));
  if ("float" in value) return typed(1, float(2, value.float));
  if ("floats" in value) return typed(6, ...value.floats.map((one) => float(7, one)));
  if ("tensor" in value) return typed(4, message(5, ...tensorFields(value.tensor, "")));
  return typed(5, message(6, ...graphFields(value.graph)));
}

function isList(value: Attribute): value is readonly number[] {
  return Array.isArray(value);
}

function tensorFields({ shape, data, file }: Constant, name: string): Field[] {
  const head = [...shape.map((length) => int(1, length)), int(2, typeOf(data)), bytes(8, name)];
  if (file === undefined) return [...head, bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
  const entries = Object.entries({ location: file, length: String(data.byteLength) });
  return [...head, ...entries.map(([key, value]) => message(13, bytes(1, key), bytes(2, value))), int(14, 1)];
}

function declaredFields({ name, type, shape }: Declared): Field[] {
  const lengths = shape.map((length) => message(1, typeof length === "number" ? int(1, length) : bytes(2, length)));
  return [bytes(1, name), message(2, message(1, int(1, TYPES[type]), message(2, ...lengths)))];
}

/** Source of the numbers: onnx.proto, TensorProto.DataType */
const TYPES = { float: 1, int32: 6, int64: 7, bool: 9 } as const;

function typeOf(data: Constant["data"]): number {
  if (data instanceof Float32Array) return TYPES.float;
  return data instanceof Int32Array ? TYPES.int32 : TYPES.int64;
}
