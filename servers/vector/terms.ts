import { stemmer } from "stemmer";

/** A text as search by words sees it: each distinct term once, as a number, with how often it stands there. */
export interface Terms {
  /** Hashes of the terms, 32 bits, in no particular order. Two terms of one hash are taken for the same. */
  readonly hashes: Uint32Array;
  /** How often each occurs, 255 at most. */
  readonly counts: Uint8Array;
  /** How many terms the text has, repeated ones included. */
  readonly length: number;
}

export function countTerms(text: string): Terms {
  const counts = new Map<number, number>();
  let length = 0;
  for (const word of wordsOf(text)) {
    for (const hash of hashesOf(word)) {
      counts.set(hash, Math.min((counts.get(hash) ?? 0) + 1, 255));
      length++;
    }
  }
  return { hashes: Uint32Array.from(counts.keys()), counts: Uint8Array.from(counts.values()), length };
}

/** The words of a text as they stand there, of which a term is also in `wanted`; each once, in the order of the text. */
export function wordsAmong(text: string, wanted: ReadonlySet<number>): string[] {
  const found = new Set<string>();
  if (wanted.size === 0) return [];
  for (const word of wordsOf(text)) if (!found.has(word) && hashesOf(word).some((hash) => wanted.has(hash))) found.add(word);
  return [...found];
}

/** Most texts have nothing but ASCII, in which words are found several times as fast. */
function wordsOf(text: string): Iterable<string> {
  return text.match(ASCII.test(text) ? /[A-Za-z0-9]+/g : /[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** Words recur; what they come to is remembered, for so many of them. */
const REMEMBERED = 100_000;
const LONGEST_REMEMBERED = 40;
const remembered = new Map<string, readonly number[]>();

function hashesOf(word: string): readonly number[] {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const hashes = termsOf(word).map(hashOf);
  if (word.length > LONGEST_REMEMBERED) return hashes;
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(word, hashes);
  return hashes;
}

/** `fooBar` is found by foobar, foo and bar; `Häuser` by hauser; Chinese, Japanese and Korean, which have no spaces, by each two signs. */
function termsOf(word: string): string[] {
  const folded = fold(word);
  if (UNSPACED.test(folded)) return pairsOf(folded);
  const parts = word.split(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);
  const terms = [folded, ...(parts.length > 1 ? parts.map(fold) : [])];
  return [...new Set(terms.map((term) => (/^[a-z]{3,}$/.test(term) ? stemOf(term) : term)))];
}

/** Porter's rules make "ad" of "adding", but leave "add" as it is. */
function stemOf(term: string): string {
  const stem = stemmer(term);
  const doubled = stem + stem.at(-1);
  return stem.length === 2 && term.startsWith(doubled) ? doubled : stem;
}

function fold(word: string): string {
  return word.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

function pairsOf(text: string): string[] {
  const signs = Array.from(text);
  return signs.length === 1 ? signs : signs.slice(1).map((sign, i) => signs[i]! + sign);
}

/** Source: FNV-1a, 32 bits, over UTF-16 units; its bits are mixed once more, since the last unit reaches only the low ones. */
function hashOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) hash = Math.imul(hash ^ term.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
