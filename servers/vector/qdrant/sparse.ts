import { countTerms } from "../terms.ts";

/** A vector of terms: their hashes, and what each weighs. */
export interface Sparse {
  readonly indices: number[];
  readonly values: number[];
}

/**
 * What BM25 knows of a passage alone: how often each term stands there, less the longer the passage is. How rare the term is, the server
 * multiplies in when it is asked (`modifier: idf`). Null for a text without a term.
 */
export function passageTerms(text: string): Sparse | null {
  const { hashes, counts, length } = countTerms(text);
  const saturation = K1 * (1 - B + (B * length) / USUAL_LENGTH);
  const values = Array.from(counts, (count) => (count * (K1 + 1)) / (count + saturation));
  return hashes.length === 0 ? null : { indices: Array.from(hashes), values };
}

/** A term that is asked for twice weighs twice. */
export function queryTerms(text: string): Sparse {
  const { hashes, counts } = countTerms(text);
  return { indices: Array.from(hashes), values: Array.from(counts) };
}

/** The usual values. Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. */
const K1 = 1.2;
const B = 0.75;
/** Terms in a passage of usual length. BM25 wants the mean of all, which nobody can know while they are still being added. */
const USUAL_LENGTH = 128;
