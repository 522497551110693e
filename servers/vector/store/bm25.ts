import type { Terms } from "../terms.ts";
import { Best, type Scored } from "./best.ts";
import { countOf, Postings, rowOf } from "./postings.ts";
import type { RowSet } from "./rowset.ts";

/** The usual values. Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. */
const K1 = 1.2;
const B = 0.75;
const LONGEST = 65_535;

/**
 * Search by words: BM25 over postings in memory. SQLite's FTS5 was measured at 8 to 80 ms for the same questions over 100 000
 * passages, since it looks up each matching row's length on disk; this takes a tenth of that and less (docs/vector-figures.md).
 */
export class Bm25 {
  readonly #postings = new Postings();
  /** Terms in each row. */
  #lengths = new Uint16Array(4096);
  #rows = 0;
  #total = 0;
  /** Of the search under way; all zero between two. */
  #scores = new Float32Array(4096);
  #touched = new Uint32Array(4096);

  add(row: number, { hashes, counts, length }: Terms): void {
    this.#reach(row + 1);
    for (let i = 0; i < hashes.length; i++) this.#postings.add(hashes[i]!, row, counts[i]!);
    const counted = Math.min(length, LONGEST);
    this.#lengths[row] = counted;
    this.#rows++;
    this.#total += counted;
  }

  /** `hashes` as they were added. */
  remove(row: number, hashes: Uint32Array): void {
    for (const hash of hashes) this.#postings.remove(hash, row);
    this.#rows--;
    this.#total -= this.#lengths[row]!;
  }

  /** In which share of all rows a term stands. */
  shareOf(term: number): number {
    return this.#postings.rowsWith(term) / Math.max(this.#rows, 1);
  }

  /** The best `count` of `rows` that have any of the query's terms, best first. */
  search(query: Terms, rows: RowSet, count: number): Scored[] {
    let touched = 0;
    for (let i = 0; i < query.hashes.length; i++) touched = this.#score(query.hashes[i]!, query.counts[i]!, touched);
    const found = new Best(count);
    for (let i = 0; i < touched; i++) {
      const row = this.#touched[i]!;
      const score = this.#scores[row]!;
      this.#scores[row] = 0;
      if (score > found.least && rows.has(row)) found.take(row, score);
    }
    return found.sorted();
  }

  /** Adds to the scores what one term gives. */
  #score(term: number, times: number, touched: number): number {
    const postings = this.#postings.of(term);
    const weight = times * (K1 + 1) * Math.log(1 + (this.#rows - postings.length + 0.5) / (postings.length + 0.5));
    const constant = K1 * (1 - B);
    const perTerm = (K1 * B * this.#rows) / Math.max(this.#total, 1);
    const [scores, lengths, list] = [this.#scores, this.#lengths, this.#touched];
    for (let i = 0; i < postings.length; i++) {
      const posting = postings[i]!;
      const row = rowOf(posting);
      const often = countOf(posting);
      if (scores[row] === 0) list[touched++] = row;
      scores[row]! += (weight * often) / (often + constant + perTerm * lengths[row]!);
    }
    return touched;
  }

  #reach(rows: number): void {
    if (rows <= this.#lengths.length) return;
    const capacity = Math.max(rows, Math.ceil(this.#lengths.length * 1.5));
    const lengths = new Uint16Array(capacity);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    this.#scores = new Float32Array(capacity);
    this.#touched = new Uint32Array(capacity);
  }
}
