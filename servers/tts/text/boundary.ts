import { atDot, type Verdict } from "./abbreviations.ts";

/** Signs after which a sentence has ended without any white space. */
const FULL_STOPS = "。！？｡．";
/** Signs of scripts that have no capitals, and put a space after them. */
const OTHER_STOPS = "؟۔।॥።։။៕";
const CLOSING = `"'”’»›)\\]}」』】〉》）`;
const SENTENCE_END = new RegExp(`^(.*?)([.!?…${OTHER_STOPS}${FULL_STOPS}]+)[${CLOSING}]*$`, "u");
const CLOSED_STOP = new RegExp(`[${FULL_STOPS}][${FULL_STOPS}…${CLOSING}]*$`, "u");
const STAYS = new RegExp(`^[${FULL_STOPS}…${CLOSING}]`, "u");
const CLAUSE_END = new RegExp(`(?:[,;:،؛]|\\s[–—-]|[–—])[${CLOSING}]*$`, "u");
const WIDE_CLAUSE_END = /[，、；：]$/u;
const CONJUNCTION = /\s(?=(?:and|but|or|because|which|that|so|when|while|if|und|oder|aber|weil|dass|et|ou|mais|que|y|o|pero|e|ma|en|maar)\s)/giu;

/** Whether a sentence ends at the white space between `text` and the character `next`. */
export function atSpace(text: string, next: string): Verdict {
  const token = text.slice(text.lastIndexOf(" ") + 1);
  const [, word = "", marks = ""] = SENTENCE_END.exec(token) ?? [];
  if (marks === "") return "goes on";
  if (new RegExp(`[${OTHER_STOPS}${FULL_STOPS}]`, "u").test(marks)) return "ends";
  const small = /^\p{Ll}/u.test(next);
  if (marks !== ".") return small ? "goes on" : "ends";
  const bare = word.replace(/^[("'“‘«„[{]+/u, "");
  if (isListNumber(text, bare)) return "goes on";
  const verdict = atDot(bare, next);
  if (!small || verdict === "goes on") return verdict;
  return verdict === "ends" && countWords(text) >= LONG_ENOUGH ? "ends" : "goes on";
}

/** In a text whose sentences begin with small letters so many words are a sentence, too. */
const LONG_ENOUGH = 12;

/** Whether a sentence ends between two characters with no white space between them. */
export function atCharacter(text: string, next: string): boolean {
  return CLOSED_STOP.test(text) && !STAYS.test(next) && !(text.endsWith("．") && /^\p{N}/u.test(next));
}

/** Whether the beginning of an answer may be spoken up to here, so that sound starts early. */
export function isClause(text: string, spaced: boolean): boolean {
  if (spaced) return text.length >= LEAST_CLAUSE && CLAUSE_END.test(text);
  return text.length >= LEAST_WIDE_CLAUSE && WIDE_CLAUSE_END.test(text);
}

const LEAST_CLAUSE = 12;
/** A sign of Chinese or Japanese says as much as two or three letters. */
const LEAST_WIDE_CLAUSE = 6;

/** Where to cut a text that has no end: behind a comma, before a conjunction, at a space, and where there is none between two words. */
export function cutInside(text: string): number {
  const least = text.length / 2;
  return lastAfter(text, /[,;:،؛–—]\s|[，、；：]/gu, least) ?? lastAfter(text, CONJUNCTION, least) ?? lastAfter(text, /\s/gu, least) ?? betweenWords(text, least);
}

function lastAfter(text: string, sign: RegExp, least: number): number | undefined {
  const ends = [...text.matchAll(sign)].map((match) => match.index + match[0].length).filter((end) => end >= least && end < text.length);
  return ends.at(-1);
}

function betweenWords(text: string, least: number): number {
  const words = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  const starts = [...words].map(({ index }) => index).filter((index) => index >= least);
  if (starts.length > 0) return starts.at(-1)!;
  const signs = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)];
  return signs.at(-1)?.index || text.length;
}

export function countWords(text: string): number {
  return text.trim().split(" ").length;
}

/** `1.` or `a.` before what it numbers: at the beginning, or after a colon or a comma. */
function isListNumber(text: string, word: string): boolean {
  if (!/^(?:\d{1,3}|\p{Ll})$/u.test(word)) return false;
  const before = text.slice(0, text.lastIndexOf(" ") + 1);
  return before === "" || (/^\d/.test(word) && /[:;,]\s$/.test(before));
}
