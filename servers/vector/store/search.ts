import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Hit } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Query } from "../backend.ts";
import { depthOf, fuse, type Weights } from "../fusion.ts";
import { countTerms, wordsAmong } from "../terms.ts";
import type { Scored } from "./best.ts";
import type { Collection } from "./collection.ts";
import type { Stored } from "./stored.ts";

/** A query with its vector, where there is one: not of unit length, but as people give it. */
export interface Question extends Pick<Query, "query" | "k" | "filter" | "mode" | "candidates"> {
  readonly vector: Float32Array | null;
  readonly weights: Weights;
}

const MOST_CHARS = 1 << 24;

export function search(collection: Collection, question: Question): Hit[] {
  const { memory } = collection;
  const { query, vector, k, filter, mode } = question;
  const rows = filter === null ? memory.live : collection.rowsMatching(filter);
  const depth = mode === "hybrid" ? depthOf(k) : k + margin(k);
  const terms = query === null ? null : countTerms(query);
  const byText = terms === null || mode === "vector" ? [] : memory.words.search(terms, rows, depth);
  // Of both kinds of hits only what is at all near; of vectors alone the nearest, however far that is.
  const near = vector === null || mode === "text" ? [] : (memory.codes?.nearest(vector, rows, depth, question.candidates) ?? []);
  const byVector = mode === "hybrid" ? near.filter(({ score }) => score > 0) : near;
  const ranked = mode === "hybrid" && vector !== null && terms !== null ? joined(byText, byVector, question) : byVector.length > 0 ? byVector : byText;

  const texts = scoresOf(byText);
  const vectors = scoresOf(byVector);
  const exact = vector === null || mode === "text" ? null : lengthOf(vector);
  const found = readHits(collection, ranked.slice(0, mode === "vector" ? depth : k)).map((stored, i) => {
    const text = texts.get(stored.row);
    const cosine = exact === null ? undefined : (cosineOf(stored, vector!, exact) ?? vectors.get(stored.row));
    return { stored, text, cosine, score: mode === "hybrid" ? ranked[i]!.score : ((mode === "text" ? text : cosine) ?? 0) };
  });
  // The codes have eight bits a number; where the vector itself is kept, it decides between those that are nearly as near.
  if (mode === "vector") found.sort((a, b) => b.score - a.score);
  const wanted = new Set(terms === null ? [] : tellingTerms(terms.hashes, collection));
  return found.slice(0, k).map(({ stored: { id, text: passage, metadata }, text, cosine, score }): Hit => {
    const parts = { ...(text === undefined ? {} : { text: rounded(text) }), ...(cosine === undefined ? {} : { vector: rounded(cosine) }) };
    return { id, score: rounded(score), parts, text: passage, ...(metadata === undefined ? {} : { metadata }), words: wordsAmong(passage, wanted) };
  });
}

/** An answer is one message, which has bounds; so has the memory in which it is made. @throws ToolError `invalid-request` */
function readHits(collection: Collection, ranked: readonly Scored[]): Stored[] {
  let chars = 0;
  return ranked.flatMap(({ row }) => {
    const found = collection.read([row]);
    for (const { text } of found) chars += text.length;
    if (chars > MOST_CHARS) throw new ToolError("invalid-request", { path: "$.k", expected: `hits of at most ${MOST_CHARS} characters together`, got: "more", hint: "Ask for fewer, or add shorter texts" });
    return found;
  });
}

/** What stands in a good part of all rows says nothing of why one of them was found; unless there is nothing else. */
function tellingTerms(hashes: Uint32Array, { memory }: Collection): Uint32Array {
  const telling = hashes.filter((hash) => memory.words.shareOf(hash) < COMMON);
  return telling.length > 0 ? telling : hashes;
}

const COMMON = 0.25;

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
