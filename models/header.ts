import { type FileHandle, open } from "node:fs/promises";
import { ToolError } from "../pipes/protocol/errors.ts";

/** What the header of a GGUF file says. */
export interface GgufHeader {
  readonly version: number;
  readonly tensors: number;
  /** What the file must have at least, in bytes, for its tensors to be there; exact unless a tensor's type is unknown here. */
  readonly size: number;
}

/**
 * Reads the header of a GGUF file and compares its tensor table with the file's size, so that a download that was cut or
 * a web page under a model's name is called what it is. Reads in pieces and never blocks for longer than one of them.
 * Source of the format: github.com/ggml-org/ggml docs/gguf.md
 * @throws ToolError `model-missing`, `model-corrupt`, `file-failed`
 */
export async function checkGguf(path: string): Promise<GgufHeader> {
  const file = await openModelFile(path);
  try {
    const { size } = await file.stat();
    const header = await readHeader(new Reader(file, path, size));
    if (header.size > size) throw corrupt(path, `it is truncated: expected ${header.size} bytes, it has ${size}`, "Delete it and fetch it again");
    return header;
  } finally {
    await file.close();
  }
}

async function openModelFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new ToolError("model-missing", { path, hint: "Check `model:` in tools.yaml" });
    throw new ToolError("file-failed", { path, reason: message }, { cause: error });
  }
  throw corrupt(path, "it is not a regular file");
}

async function readHeader(reader: Reader): Promise<GgufHeader> {
  const magic = await reader.bytes(4);
  if (magic.toString("latin1") !== "GGUF") throw corrupt(reader.path, `it begins with ${JSON.stringify(magic.toString("latin1"))}, a GGUF file with "GGUF"`);
  const version = await reader.u32();
  if (version < 2 || version > 3) throw corrupt(reader.path, `its GGUF version is ${version}; 2 and 3 can be read (1 and big-endian files cannot)`);
  const tensors = await reader.u64();
  const entries = await reader.u64();
  let alignment = 32;
  for (let i = 0; i < entries; i++) {
    const key = await reader.text();
    const type = await reader.u32();
    if (key === "general.alignment" && type === U32) alignment = await reader.u32();
    else await skipValue(reader, type);
  }
  let end = 0;
  for (let i = 0; i < tensors; i++) end = Math.max(end, await readTensor(reader));
  const start = Math.ceil(reader.position / alignment) * alignment;
  return { version, tensors, size: tensors === 0 ? reader.position : start + end };
}

const U32 = 4;
const STRING = 8;
const ARRAY = 9;
/** Bytes of each fixed-size value type, by its number. */
const VALUE_SIZES = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];

async function skipValue(reader: Reader, type: number): Promise<void> {
  if (type === STRING) return reader.skip(await reader.u64());
  if (type === ARRAY) {
    const element = await reader.u32();
    const length = await reader.u64();
    const size = VALUE_SIZES[element];
    if (size !== undefined) return reader.skip(size * length);
    for (let i = 0; i < length; i++) await skipValue(reader, element);
    return;
  }
  const size = VALUE_SIZES[type];
  if (size === undefined) throw corrupt(reader.path, `its header has a value of the unknown type ${type} at byte ${reader.position}`);
  await reader.skip(size);
}

/** Where this tensor's data ends, counted from where all data starts. */
async function readTensor(reader: Reader): Promise<number> {
  const name = await reader.text();
  const axes = await reader.u32();
  if (axes > 8) throw corrupt(reader.path, `its tensor ${JSON.stringify(name)} has ${axes} dimensions`);
  let values = 1;
  for (let i = 0; i < axes; i++) values *= await reader.u64();
  const type = await reader.u32();
  const offset = await reader.u64();
  const [block, bytes] = BLOCKS[type] ?? [1, 0];
  return offset + Math.ceil(values / block) * bytes;
}

/** Values and bytes of a block of each tensor type. Source: ggml.h, ggml-common.h. A type that is missing counts nothing. */
const BLOCKS: Readonly<Record<number, readonly [values: number, bytes: number]>> = {
  0: [1, 4], 1: [1, 2], 2: [32, 18], 3: [32, 20], 6: [32, 22], 7: [32, 24], 8: [32, 34], 9: [32, 36],
  10: [256, 84], 11: [256, 110], 12: [256, 144], 13: [256, 176], 14: [256, 210], 15: [256, 292],
  16: [256, 66], 17: [256, 74], 18: [256, 98], 19: [256, 50], 20: [32, 18], 21: [256, 110], 22: [256, 82], 23: [256, 136],
  24: [1, 1], 25: [1, 2], 26: [1, 4], 27: [1, 8], 28: [1, 8], 29: [256, 56], 30: [1, 2], 34: [256, 54], 35: [256, 66], 39: [32, 17],
};

const WINDOW = 1 << 18;
const LONGEST_TEXT = 1 << 20;

/** Reads forward through a file, a window at a time. */
class Reader {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #size: number;
  #window = Buffer.alloc(0);
  #start = 0;
  position = 0;

  constructor(file: FileHandle, path: string, size: number) {
    this.#file = file;
    this.path = path;
    this.#size = size;
  }

  async bytes(length: number): Promise<Buffer> {
    if (this.position + length > this.#size) throw corrupt(this.path, `it ends inside its header, at byte ${this.#size}`, "Delete it and fetch it again");
    const from = this.position - this.#start;
    this.position += length;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    this.#start = this.position - length;
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(Math.max(WINDOW, length)), 0, Math.max(WINDOW, length), this.#start);
    if (bytesRead < length) throw corrupt(this.path, `it changed while it was read`);
    this.#window = buffer.subarray(0, bytesRead);
    return this.#window.subarray(0, length);
  }

  async u32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  async u64(): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(this.path, `its header has the impossible length ${value} at byte ${this.position - 8}`);
    return Number(value);
  }

  async text(): Promise<string> {
    const length = await this.u64();
    if (length > LONGEST_TEXT) throw corrupt(this.path, `its header has a name of ${length} bytes at byte ${this.position - 8}`);
    return (await this.bytes(length)).toString("utf8");
  }

  async skip(length: number): Promise<void> {
    if (this.position + length > this.#size) throw corrupt(this.path, `it ends inside its header, at byte ${this.#size}`, "Delete it and fetch it again");
    this.position += length;
  }
}

function corrupt(path: string, reason: string, hint?: string): ToolError {
  return new ToolError("model-corrupt", { path, reason, ...(hint === undefined ? {} : { hint }) });
}
