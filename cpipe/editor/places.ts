import { clustersOf } from "../terminal/width.ts";

/** The border between two clusters before `at`; 0 at the beginning. A line feed is a cluster of its own. */
export function before(text: string, at: number): number {
  if (at <= 0) return 0;
  const start = lineStart(text, at);
  if (start === at) return at - 1;
  let last = start;
  for (const cluster of clustersOf(text.slice(start, lineEnd(text, at)), 0)) {
    if (start + cluster.end >= at) return start + cluster.start;
    last = start + cluster.end;
  }
  return last;
}

/** The border between two clusters behind `at`; the text's length at the end. */
export function after(text: string, at: number): number {
  const end = lineEnd(text, at);
  return end === at ? Math.min(text.length, at + 1) : settled(text, at + 1);
}

/** `at`, or the first border between two clusters behind it. */
export function settled(text: string, at: number): number {
  const start = lineStart(text, at);
  if (start === at) return at;
  for (const cluster of clustersOf(text.slice(start, lineEnd(text, at)), 0)) if (start + cluster.end >= at) return start + cluster.end;
  return at;
}

/** Where the line begins that `at` is in. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** Where the line ends that `at` is in: at its line feed, or the text's end. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** Where the word before `at` begins. */
export function wordBefore(text: string, at: number): number {
  return settled(text, back(text, back(text, at, isBetween), isWord));
}

/** Where the word behind `at` ends. */
export function wordAfter(text: string, at: number): number {
  const [passed = ""] = /^[^\p{L}\p{M}\p{N}_]*[\p{L}\p{M}\p{N}_]*/u.exec(text.slice(at)) ?? [];
  return settled(text, at + passed.length);
}

/** Where what stands between blanks before `at` begins. */
export function blankBefore(text: string, at: number): number {
  return settled(text, back(text, back(text, at, isBlank), isNoBlank));
}

const isWord = (char: string): boolean => /[\p{L}\p{M}\p{N}_]/u.test(char);
const isBetween = (char: string): boolean => !isWord(char);
const isBlank = (char: string): boolean => /\s/.test(char);
const isNoBlank = (char: string): boolean => !isBlank(char);

/** Back over characters of a kind. */
function back(text: string, from: number, passes: (char: string) => boolean): number {
  let at = from;
  while (at > 0) {
    const low = text.charCodeAt(at - 1);
    const start = low >= 0xdc00 && low <= 0xdfff && at > 1 ? at - 2 : at - 1;
    if (!passes(text.slice(start, at))) break;
    at = start;
  }
  return at;
}
