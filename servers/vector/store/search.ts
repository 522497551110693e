import type { Hit } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Query } from "../backend.ts";
import { fuse, type Weights } from "../fusion.ts";
import { countTerms, wordsAmong } from "../terms.ts";
import type { Scored } from "./best.ts";
import type { Collection, Stored } from "./collection.ts";

/** A query with its vector, where there is one: not of unit length, but as people give it. */
export interface Question extends Pick<Query, "query" | "k" | "filter" | "mode"> {
  readonly vector: Float32Array | null;
  readonly weights: Weights;
}

/** How many of each list are joined to one: what stands further behind changes nothing any more. */
const DEPTH = 100;

export function search(collection: Collection, question: Question): Hit[] {
  const { memory } = collection;
  const { query, vector, k, filter, mode } = question;
  const rows = filter === null ? memory.live : collection.rowsMatching(filter);
  const depth = mode === "hybrid" ? Math.max(DEPTH, 2 * k) : k + margin(k);
  const terms = query === null ? null : countTerms(query);
  const byText = terms === null || mode === "vector" ? [] : memory.words.search(terms, rows, depth);
  const byVector = vector === null || mode === "text" ? [] : (memory.codes?.nearest(vector, rows, depth) ?? []).filter(({ score }) => score > 0);
  const ranked = mode === "hybrid" && vector !== null && terms !== null ? joined(byText, byVector, question) : byVector.length > 0 ? byVector : byText;

  const texts = scoresOf(byText);
  const vectors = scoresOf(byVector);
  const exact = vector === null || mode === "text" ? null : lengthOf(vector);
  const found = collection.read(ranked.slice(0, mode === "vector" ? depth : k).map(({ row }) => row)).map((stored, i) => {
    const text = texts.get(stored.row);
    const cosine = exact === null ? undefined : (cosineOf(stored, vector!, exact) ?? vectors.get(stored.row));
    return { stored, text, cosine, score: mode === "hybrid" ? ranked[i]!.score : ((mode === "text" ? text : cosine) ?? 0) };
  });
  // The codes have eight bits a number; where the vector itself is kept, it decides between those that are nearly as near.
  if (mode === "vector") found.sort((a, b) => b.score - a.score);
  const wanted = new Set(terms?.hashes);
  return found.slice(0, k).map(({ stored: { id, text: passage, metadata }, text, cosine, score }): Hit => {
    const parts = { ...(text === undefined ? {} : { text: rounded(text) }), ...(cosine === undefined ? {} : { vector: rounded(cosine) }) };
    return { id, score: rounded(score), parts, text: passage, ...(metadata === undefined ? {} : { metadata }), words: wordsAmong(passage, wanted) };
  });
}

/** More than are wanted, from which the exact order is made. */
function margin(k: number): number {
  return 3 + Math.ceil(k / 4);
}

function joined(byText: readonly Scored[], byVector: readonly Scored[], { weights, k }: Question): Scored[] {
  const rowsOf = (scored: readonly Scored[]): number[] => scored.map(({ row }) => row);
  return fuse(rowsOf(byText), rowsOf(byVector), weights, k).map(({ id, score }) => ({ row: id, score }));
}

function scoresOf(scored: readonly Scored[]): Map<number, number> {
  return new Map(scored.map(({ row, score }) => [row, score]));
}

function cosineOf({ vector }: Stored, query: Float32Array, length: number): number | undefined {
  if (vector === null) return undefined;
  let product = 0;
  for (let i = 0; i < vector.length; i++) product += vector[i]! * query[i]!;
  const lengths = length * lengthOf(vector);
  return lengths === 0 ? 0 : product / lengths;
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  return Math.sqrt(squares);
}

/** Four digits behind the point are more than the codes know. */
function rounded(score: number): number {
  return Math.round(score * 10_000) / 10_000;
}
