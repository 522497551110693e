import type { EmbedderFacts } from "./embedder.ts";
import { termsOf } from "./terms.ts";
import { normalize } from "./vectors.ts";

/** Whatever changes a vector changes the id, for vectors of the old kind lie in people's indexes. */
export const HASH_EMBEDDER: EmbedderFacts = { id: "hash-512-v1", dimensions: 512 };

/**
 * The embedding that needs no model: each word, and each run of three and four characters of it, adds to one of 512 numbers or
 * takes away from it, as its hash says. So texts that share words are similar, and so are texts whose words are spelled
 * alike; that two words mean the same it cannot know. Pure, the same on every machine: nothing but exact arithmetic is in it.
 *
 * The weights are from trials with headings as queries for the sections below them. Source of the method: Weinberger and others,
 * Feature Hashing for Large Scale Multitask Learning, 2009.
 * @returns a vector of unit length, or of zeros for a text without a letter or a digit
 */
export function hashEmbedding(text: string): Float32Array {
  const vector = new Float32Array(HASH_EMBEDDER.dimensions);
  for (const [term, times] of termsOf(text)) {
    const weight = Math.sqrt(times) * (COMMON.has(term) ? COMMON_WEIGHT : 1);
    add(vector, hashOf(term, 0, term.length, WORD_SEED), weight * WORD_WEIGHT);
    addGrams(vector, `<${term}>`, weight * GRAM_WEIGHT);
  }
  // What many share weighs much in few of the numbers; the root lets the others have a say.
  for (let i = 0; i < vector.length; i++) vector[i] = Math.sign(vector[i]!) * Math.sqrt(Math.abs(vector[i]!));
  return normalize(vector);
}

const WORD_WEIGHT = 0.6;
const GRAM_WEIGHT = 0.5;
const COMMON_WEIGHT = 0.2;

/** English words that say nothing of what a text is about. Without a corpus nobody can count how rare a word is. */
const COMMON: ReadonlySet<string> = new Set(
  (
    "a an and are as at be but by can do for from had has have he her his how i if in into is it its may more no not of on one or other out over she should so " +
    "some such than that the their them then there these they this to up use used using was we were what when which who will with would you your"
  ).split(" "),
);

/** Each run of three characters, and of four: the hash of the longer goes on from the shorter's. */
function addGrams(vector: Float32Array, marked: string, weight: number): void {
  for (let i = 0; i + 3 <= marked.length; i++) {
    const three = hashOf(marked, i, i + 3, GRAM_SEED);
    add(vector, three, weight);
    if (i + 4 <= marked.length) add(vector, hashOf(marked, i + 3, i + 4, three), weight);
  }
}

/** FNV-1a over UTF-16 units. Source: Fowler, Noll, Vo; RFC 9923 */
function hashOf(text: string, from: number, to: number, seed: number): number {
  let hash = seed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash;
}

const WORD_SEED = 0x811c9dc5 | 0;
const GRAM_SEED = 0x2f0b4c47;

/** The low bits choose the number, the highest one the sign. FNV leaves both too regular; source of the mixing: MurmurHash3, Appleby. */
function add(vector: Float32Array, hash: number, weight: number): void {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  vector[mixed & 511]! += mixed < 0 ? -weight : weight;
}
