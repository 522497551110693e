import type { Word } from "../engine/decoder.ts";
import type { Result } from "./library.ts";

/**
 * Words with their times, of tokens: sherpa-onnx has no list of words. The text decides where a word ends, at spaces and, in
 * scripts that write none, after each character; the tokens decide when, each from its own time to the next one's or for as
 * long as it says. Empty where the model tells no times. No word ends after the `seconds` that were heard.
 */
export function wordsOf({ text, tokens, timestamps, durations = [] }: Result, seconds: number): Word[] {
  if (timestamps.length === 0 || timestamps.length !== tokens.length) return [];
  const spans = tokens.map((token, index) => ({ token: plain(token), start: timestamps[index]!, end: endOf(timestamps, durations, index, seconds) }));
  const times = alignTokens(text, spans);
  return split(text).flatMap(({ from, to }) => {
    const known = times.slice(from, to).filter((time) => time !== undefined);
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return [];
    const start = Math.min(Math.max(0, first.start), seconds);
    return [{ word: text.slice(from, to), start, end: Math.min(Math.max(start, last.end), seconds) }];
  });
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** No token of speech takes longer: what comes after it until the next is a pause. */
const LONGEST_TOKEN = 0.5;

function endOf(timestamps: readonly number[], durations: readonly number[], index: number, seconds: number): number {
  const start = timestamps[index]!;
  const next = timestamps[index + 1] ?? seconds;
  const duration = durations[index];
  return duration === undefined || duration <= 0 ? Math.min(next, start + LONGEST_TOKEN) : Math.min(next, start + duration);
}

/** A token as it stands in the text, `null` where it is but a byte of a character. Sentencepiece writes a space as ▁. */
function plain(token: string): string | null {
  return /^<0x[0-9A-F]{2}>$/.test(token) || token.includes("\u{fffd}") ? null : token.replaceAll("▁", " ");
}

/**
 * The time of each place in the text. A token is looked for from where the one before has ended; what lies between is of the
 * tokens that could not be read, or of none. The characters of a token share its time.
 */
function alignTokens(text: string, spans: readonly (Span & { readonly token: string | null })[]): (Span | undefined)[] {
  const times = Array.from<Span | undefined>({ length: text.length });
  let at = 0;
  let unread = null as Span | null;
  for (const { token, start, end } of spans) {
    const letters = token?.trim();
    if (letters === "") continue;
    const place = letters === undefined ? -1 : text.indexOf(letters, at);
    if (letters === undefined || place < 0 || (unread === null && text.slice(at, place).trim() !== "")) {
      unread = { start: unread?.start ?? start, end };
      continue;
    }
    shareBetween(times, text, at, place, unread);
    // Spaces before a word take no time, those after it do.
    share(times, place, place + letters.length, { start, end }, token!.trimStart().length);
    at = place + letters.length;
    unread = null;
  }
  shareBetween(times, text, at, text.length, unread);
  return times;
}

function shareBetween(times: (Span | undefined)[], text: string, from: number, to: number, span: Span | null): void {
  const between = text.slice(from, to);
  const begin = to - between.trimStart().length;
  share(times, begin, begin + between.trim().length, span);
}

function share(times: (Span | undefined)[], from: number, to: number, span: Span | null, shares = to - from): void {
  if (span === null) return;
  const each = (span.end - span.start) / Math.max(1, shares);
  for (let place = from; place < to; place++) times[place] = { start: span.start + (place - from) * each, end: span.start + (place - from + 1) * each };
}

/** Where words begin and end in the text. A mark belongs to the word that it follows. */
function split(text: string): { readonly from: number; readonly to: number }[] {
  return [...text.matchAll(WORD)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const WORD = new RegExp(String.raw`[${UNSPACED}][\p{M}ー]*[^${UNSPACED}\p{L}\p{N}\s]*|[^\s${UNSPACED}]+`, "gu");
