import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Best, type Scored } from "./best.ts";
import { startKernel } from "./compiled.ts";
import { Rotation, rotationBytes, turnedLength } from "./rotation.ts";
import type { RowSet } from "./rowset.ts";

/** A vector as it is kept in memory and on disk: `scale × codes` is the turned vector. */
export interface Code {
  readonly scale: number;
  readonly codes: Int8Array;
}

const BLOCK_ROWS = 4096;
const PAGE = 65_536;
const MAX_PAGES = 65_536;
/**
 * Rows that the first look leaves for the second one, beside those that are wanted, unless a search asks for more. docs/vector-figures.md has
 * what is found with so many.
 */
const CANDIDATES = 400;
const MAX_LEFT = 8192;
/** The scale of a row of zeros: it has no cosine to anything, and NaN is no better than the worst. */
const NO_DIRECTION = Number.NaN;

/**
 * The vectors of a collection in memory, and the search among them. Each row has a code, a byte a dimension, and a signature, a bit a
 * dimension. A search goes through all signatures (a popcount a word), then through the codes of the few hundred rows that are left.
 * So there is no index to build, to repair or to save: a row is found as soon as it is set, and a filter costs nothing of the recall.
 *
 * Rows are numbers from 0 that the caller gives; a gap costs the memory of a row.
 */
export class Codes {
  readonly dimensions: number;
  readonly #kernel = startKernel();
  readonly #rotation: Rotation;
  readonly #layout: Layout;
  #blocks = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#layout = layoutOf(turnedLength(dimensions));
    this.#reach(this.#layout.base);
    this.#rotation = new Rotation(this.#kernel, this.#layout.turning, dimensions);
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
    const { query } = this.#layout;
    const scale = this.#kernel.quantize(this.#rotation.turn(vector), query, 4 * this.codeLength);
    return { scale, codes: new Int8Array(this.#kernel.memory.buffer.slice(query, query + this.codeLength)) };
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
    new Float32Array(this.#kernel.memory.buffer, start + scalesAt + at * 4, 1)[0] = scale === 0 ? NO_DIRECTION : scale;
    this.#kernel.sign(place, start + at * signatureBytes, this.codeLength);
  }

  /** The `count` rows of `rows` whose vectors are nearest to this one by cosine, nearest first. */
  nearest(vector: ArrayLike<number>, rows: RowSet, count: number, candidates: number = CANDIDATES): Scored[] {
    const { list, query, querySignature, base, size, codesAt, scalesAt } = this.#layout;
    const scale = this.#kernel.quantize(this.#rotation.turn(vector), query, 4 * this.codeLength);
    this.#kernel.sign(query, querySignature, this.codeLength);
    const left = this.#look(rows, Math.min(count + candidates, MAX_LEFT));
    this.#kernel.rescore(list, left, base, size, codesAt, scalesAt, query, this.codeLength, scale);
    if (scale === 0) return [];
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
  readonly turning: number;
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
  const turning = 1024;
  const query = turning + rotationBytes(length);
  const querySignature = query + length;
  const mask = querySignature + signatureBytes;
  const list = mask + BLOCK_ROWS / 8;
  const base = list + 8 * (2 * MAX_LEFT + MAX_LEFT + BLOCK_ROWS);
  const codesAt = BLOCK_ROWS * signatureBytes;
  const scalesAt = codesAt + BLOCK_ROWS * length;
  return { turning, query, querySignature, mask, list, base, size: scalesAt + BLOCK_ROWS * 4, signatureBytes, codesAt, scalesAt };
}

/** The best of a list in which each score stands before its row. */
function best(scores: Float32Array, rows: Uint32Array, count: number): Scored[] {
  const found = new Best(count, -Infinity);
  for (let i = 0; i < scores.length; i += 2) if (scores[i]! > found.least) found.take(rows[i + 1]!, scores[i]!);
  return found.sorted();
}
