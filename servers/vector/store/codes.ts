import { ToolError } from "../../../pipes/protocol/errors.ts";
import { kernel } from "./kernel.ts";
import type { RowSet } from "./rowset.ts";
import { Rotation } from "./rotation.ts";

export interface Scored {
  readonly row: number;
  readonly score: number;
}

/** A vector as it is kept in memory and on disk: `scale × codes` is the turned vector. */
export interface Code {
  readonly scale: number;
  readonly codes: Int8Array;
}

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(signatures: number, query: number, bytes: number, mask: number, rows: number, first: number, cutoff: bigint, list: number, count: number): number;
  rescore(list: number, count: number, base: number, block: number, codes: number, scales: number, query: number, bytes: number, scale: number): void;
  sign(codes: number, signature: number, bytes: number): void;
}

/** Node has it; its types leave it to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object) => { readonly exports: unknown } };
};
let compiled: object | null = null;

const BLOCK_ROWS = 4096;
const PAGE = 65_536;
const MAX_PAGES = 65_536;
/** Rows that the first look leaves for the second one, beside those that are wanted: enough for a recall of 0.99 and more (docs/vector.md). */
const MARGIN = 400;
const MAX_LEFT = 8192;

/**
 * The vectors of a collection in memory, and the search among them. Each row has a code, a byte a dimension, and a signature, a bit a
 * dimension. A search goes through all signatures (a popcount a word), then through the codes of the few hundred rows that are left.
 * So there is no index to build, to repair or to save: a row is found as soon as it is set, and a filter costs nothing of the recall.
 *
 * Rows are numbers from 0 that the caller gives; a gap costs the memory of a row.
 */
export class Codes {
  readonly dimensions: number;
  readonly #rotation: Rotation;
  readonly #turned: Float32Array;
  readonly #kernel: Kernel;
  readonly #layout: Layout;
  #blocks = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#rotation = new Rotation(dimensions);
    this.#turned = new Float32Array(this.#rotation.length);
    compiled ??= new WebAssembly.Module(Buffer.from(kernel, "base64"));
    this.#kernel = new WebAssembly.Instance(compiled).exports as Kernel;
    this.#layout = layoutOf(this.#rotation.length);
    this.#reach(this.#layout.base);
  }

  /** Bytes of memory that the vectors take. */
  get bytes(): number {
    return this.#kernel.memory.buffer.byteLength;
  }

  /** How many bytes the codes of a row have. */
  get codeLength(): number {
    return this.#rotation.length;
  }

  encode(vector: ArrayLike<number>): Code {
    const turned = this.#turned;
    this.#rotation.turn(vector, turned);
    let most = 0;
    let squares = 0;
    for (const value of turned) {
      most = Math.max(most, Math.abs(value));
      squares += value * value;
    }
    const codes = new Int8Array(turned.length);
    if (most === 0) return { scale: 0, codes };
    for (let i = 0; i < codes.length; i++) codes[i] = Math.round((turned[i]! * 127) / most);
    return { scale: most / 127 / Math.sqrt(squares), codes };
  }

  /** @throws ToolError `unsupported` when the memory that one collection can have is full */
  set(row: number, { scale, codes }: Code): void {
    const block = Math.floor(row / BLOCK_ROWS);
    this.#grow(block + 1);
    const { base, size, codesAt, scalesAt, signatureBytes } = this.#layout;
    const start = base + block * size;
    const at = row % BLOCK_ROWS;
    const place = start + codesAt + at * this.codeLength;
    new Int8Array(this.#kernel.memory.buffer, place, codes.length).set(codes);
    new Float32Array(this.#kernel.memory.buffer, start + scalesAt + at * 4, 1)[0] = scale;
    this.#kernel.sign(place, start + at * signatureBytes, this.codeLength);
  }

  /** The `count` rows of `rows` whose vectors are nearest to this one by cosine, nearest first. */
  nearest(vector: ArrayLike<number>, rows: RowSet, count: number): Scored[] {
    const { scale, codes } = this.encode(vector);
    const { list, query, querySignature, base, size, codesAt, scalesAt } = this.#layout;
    new Int8Array(this.#kernel.memory.buffer, query, codes.length).set(codes);
    this.#kernel.sign(query, querySignature, this.codeLength);
    const left = this.#look(rows, Math.min(count + MARGIN, MAX_LEFT));
    this.#kernel.rescore(list, left, base, size, codesAt, scalesAt, query, this.codeLength, scale);
    return best(new Float32Array(this.#kernel.memory.buffer, list, 2 * left), new Uint32Array(this.#kernel.memory.buffer, list, 2 * left), count);
  }

  /** The first look: leaves about `wanted` rows, or all when there are no more, in the list. Returns how many. */
  #look(rows: RowSet, wanted: number): number {
    const { list, mask, querySignature, base, size, signatureBytes } = this.#layout;
    const words = new Uint32Array(this.#kernel.memory.buffer, mask, BLOCK_ROWS / 32);
    let count = 0;
    let cutoff = this.codeLength + 1;
    for (let block = 0; block < this.#blocks; block++) {
      if (!rows.copyTo(words, block * words.length)) continue;
      count = this.#kernel.scan(base + block * size, querySignature, signatureBytes, mask, BLOCK_ROWS, block * BLOCK_ROWS, BigInt(cutoff), list, count);
      if (count >= 2 * wanted) [count, cutoff] = this.#tighten(count, wanted);
    }
    return count > wanted ? this.#tighten(count, wanted)[0] : count;
  }

  /** Keeps the entries with the smallest differences: at least `wanted`, and those that differ as little as the last of them. */
  #tighten(count: number, wanted: number): [count: number, cutoff: number] {
    const entries = new Uint32Array(this.#kernel.memory.buffer, this.#layout.list, 2 * count);
    const histogram = new Uint32Array(this.codeLength + 2);
    for (let i = 0; i < entries.length; i += 2) histogram[entries[i]!]!++;
    let cutoff = 0;
    for (let sum = 0; sum < wanted; cutoff++) sum += histogram[cutoff]!;
    // A crowd that differs equally much could fill the list for ever: of those, the ones that come first are kept.
    let tied = MAX_LEFT;
    let kept = 0;
    for (let i = 0; i < entries.length; i += 2) {
      const difference = entries[i]!;
      if (difference >= cutoff || (difference === cutoff - 1 && tied-- <= 0)) continue;
      entries[kept++] = difference;
      entries[kept++] = entries[i + 1]!;
    }
    return [kept / 2, tied <= 0 ? cutoff - 1 : cutoff];
  }

  #grow(blocks: number): void {
    if (blocks <= this.#blocks) return;
    this.#reach(this.#layout.base + blocks * this.#layout.size);
    this.#blocks = blocks;
  }

  #reach(bytes: number): void {
    const { memory } = this.#kernel;
    const more = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
    if (more <= 0) return;
    try {
      if (bytes > MAX_PAGES * PAGE) throw new RangeError("4 GiB are all there is");
      memory.grow(more);
    } catch (cause) {
      throw new ToolError("unsupported", { tool: "a collection", what: `have more than ${this.#blocks * BLOCK_ROWS} rows of ${this.dimensions} dimensions in memory`, hint: "Split it, or keep it at a Qdrant server (`uri:` in tools.yaml)" }, { cause });
    }
  }
}

/** Where things are in the memory of the kernel, in bytes: first what a search needs, then the blocks. */
interface Layout {
  readonly query: number;
  readonly querySignature: number;
  readonly mask: number;
  readonly list: number;
  readonly base: number;
  /** Of one block: signatures, then codes, then scales. */
  readonly size: number;
  readonly signatureBytes: number;
  readonly codesAt: number;
  readonly scalesAt: number;
}

function layoutOf(length: number): Layout {
  const signatureBytes = length / 8;
  const query = 1024;
  const querySignature = query + length;
  const mask = querySignature + signatureBytes;
  const list = mask + BLOCK_ROWS / 8;
  const base = list + 8 * (2 * MAX_LEFT + MAX_LEFT + BLOCK_ROWS);
  const codesAt = BLOCK_ROWS * signatureBytes;
  const scalesAt = codesAt + BLOCK_ROWS * length;
  return { query, querySignature, mask, list, base, size: scalesAt + BLOCK_ROWS * 4, signatureBytes, codesAt, scalesAt };
}

/** The best of a list in which each score stands before its row. */
function best(scores: Float32Array, rows: Uint32Array, count: number): Scored[] {
  const sorted = scores.filter((_, i) => i % 2 === 0).sort();
  const least = sorted[Math.max(0, sorted.length - count)] ?? 0;
  const found: Scored[] = [];
  for (let i = 0; i < scores.length; i += 2) if (scores[i]! >= least) found.push({ row: rows[i + 1]!, score: scores[i]! });
  return found.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, count);
}
