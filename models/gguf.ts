/**
 * Writes GGUF version 3, little-endian: header, metadata, tensor table, tensors, each tensor aligned to 32 bytes.
 * Source of the format: github.com/ggml-org/ggml docs/gguf.md. Only what a constructed model needs.
 */
export type GgufValue =
  | { readonly type: "u32" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "i32s"; readonly value: readonly number[] };

/** `shape` is in GGUF's order: the first number is the length of a row. `Uint16Array` holds half floats; see `toHalf`. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array;
}

export const u32 = (value: number): GgufValue => ({ type: "u32", value });
export const f32 = (value: number): GgufValue => ({ type: "f32", value });
export const bool = (value: boolean): GgufValue => ({ type: "bool", value });
export const string = (value: string): GgufValue => ({ type: "string", value });
export const strings = (value: readonly string[]): GgufValue => ({ type: "strings", value });
export const i32s = (value: readonly number[]): GgufValue => ({ type: "i32s", value });

/** The whole file as bytes; the same input gives the same bytes. */
export function writeGguf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const head = [Buffer.from("GGUF"), int32(3), int64(tensors.length), int64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) head.push(text(key), ...valueBytes(value));

  let offset = 0;
  for (const tensor of tensors) {
    head.push(text(tensor.name), int32(tensor.shape.length), ...tensor.shape.map(int64), int32(tensorType(tensor)), int64(offset));
    offset += align(tensor.data.byteLength);
  }
  const header = Buffer.concat(head);
  const start = align(header.length);
  const file = Buffer.alloc(start + offset);
  header.copy(file);
  let at = start;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += align(data.byteLength);
  }
  return file;
}

/** Half floats, rounded to nearest even; what is too small becomes zero, what is too large infinity. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) half[i] = halfOf(bits[i]!);
  return half;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude < 0x38800000) return sign;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

const ALIGNMENT = 32;
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** ggml's type numbers: 0 is F32, 1 is F16. */
const tensorType = (tensor: GgufTensor): number => (tensor.data instanceof Float32Array ? 0 : 1);

function valueBytes(entry: GgufValue): Buffer[] {
  switch (entry.type) {
    case "u32":
      return [int32(4), int32(entry.value)];
    case "f32":
      return [int32(6), float32(entry.value)];
    case "bool":
      return [int32(7), Buffer.of(entry.value ? 1 : 0)];
    case "string":
      return [int32(8), text(entry.value)];
    case "strings":
      return [int32(9), int32(8), int64(entry.value.length), ...entry.value.map(text)];
    case "i32s":
      return [int32(9), int32(5), int64(entry.value.length), ...entry.value.map(int32)];
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([int64(bytes.length), bytes]);
}
