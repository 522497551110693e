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
    add(vector, hashOf(term), weight * WORD_WEIGHT);
    addGrams(vector, term, weight * GRAM_WEIGHT);
  }
  // What many share weighs much in few of the numbers; the root lets the others have a say.
  for (let i = 0; i < vector.length; i++) vector[i] = rootOf(vector[i]!);
  return normalize(vector);
}

const rootOf = (value: number): number => (value < 0 ? -Math.sqrt(-value) : Math.sqrt(value));

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

/** Each run of three characters of a word in its brackets, and of four: the hash of the longer goes on from the shorter's. */
function addGrams(vector: Float32Array, term: string, weight: number): void {
  let [first, second] = [OPENING, term.charCodeAt(0)];
  let third = term.length > 1 ? term.charCodeAt(1) : CLOSING;
  for (let next = 2; next <= term.length + 1; next++) {
    const fourth = next < term.length ? term.charCodeAt(next) : CLOSING;
    const three = step(step(step(GRAM_SEED, first), second), third);
    add(vector, three, weight);
    if (next <= term.length) add(vector, step(three, fourth), weight);
    first = second;
    second = third;
    third = fourth;
  }
}

const OPENING = "<".charCodeAt(0);
const CLOSING = ">".charCodeAt(0);

function hashOf(text: string): number {
  let hash = WORD_SEED;
  for (let i = 0; i < text.length; i++) hash = step(hash, text.charCodeAt(i));
  return hash;
}

/** FNV-1a over UTF-16 units. Source: Fowler, Noll, Vo; RFC 9923 */
function step(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 16_777_619);
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
