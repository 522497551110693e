import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Bm25 } from "./bm25.ts";
import { type Code, Codes } from "./codes.ts";
import type { Database } from "./database.ts";
import { type Digest, unpackDigest } from "./digest.ts";
import { MAX_ROWS } from "./postings.ts";
import { RowSet } from "./rowset.ts";

/** What search needs of a collection: which rows there are, their words, their vectors. Derived from the file, and never ahead of it. */
export class Memory {
  readonly live = new RowSet();
  readonly words = new Bm25();
  #codes: Codes | null = null;
  /** Rows that are given out and not yet live. */
  readonly #taken = new Set<number>();
  /** No row below is free. */
  #lowest = 0;

  constructor(dimensions: number | null) {
    if (dimensions !== null) this.settle(dimensions);
  }

  /** null until it is known how long the vectors are. */
  get codes(): Codes | null {
    return this.#codes;
  }

  settle(dimensions: number): void {
    this.#codes = new Codes(dimensions);
  }

  encode(vector: Float32Array): Code {
    if (this.#codes === null) throw new TypeError("a vector before its dimensions");
    return this.#codes.encode(vector);
  }

  /** Gives out the lowest row that is free, so that memory stays as large as what is in it. */
  take(): number {
    let row = this.live.firstGap(this.#lowest);
    while (this.#taken.has(row)) row = this.live.firstGap(row + 1);
    if (row >= MAX_ROWS) throw new ToolError("unsupported", { tool: "a collection", what: `have more than ${MAX_ROWS} rows`, hint: "Split it" });
    this.#taken.add(row);
    this.#lowest = row;
    return row;
  }

  /** Takes back what was given out. */
  free(row: number): void {
    this.#taken.delete(row);
    this.#lowest = Math.min(this.#lowest, row);
  }

  change(row: number, before: Digest | null, after: Digest | null): void {
    if (before !== null) this.words.remove(row, before.terms.hashes);
    if (after === null) {
      this.live.delete(row);
      this.#lowest = Math.min(this.#lowest, row);
      return;
    }
    this.#taken.delete(row);
    this.words.add(row, after.terms);
    // A row without a vector is near to nothing, whatever stood in its place before.
    if (this.#codes !== null) this.#codes.set(row, after.code ?? { scale: 0, codes: new Int8Array(this.#codes.codeLength) });
    this.live.add(row);
  }

  /** What is in memory of a row, from the file. @throws ToolError `data-damaged` */
  digestOf(db: Database, row: number): Digest {
    const found = db.sql("select digest from digest where id = ?").get(row);
    return this.digestFrom(db, found?.["digest"]);
  }

  /** @throws ToolError `data-damaged` where it is none, not as it was written, or one of another length */
  digestFrom(db: Database, bytes: unknown): Digest {
    try {
      const digest = unpackDigest(bytes as Uint8Array);
      if (digest.code === null || digest.code.codes.length === this.#codes?.codeLength) return digest;
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
    }
    throw db.damaged("what search needs of a row is not there, or not whole");
  }
}
