import type { Voice } from "./synthesizer.ts";

/** How well a voice speaks a language: 3 just that, 2 the language in general, 1 as it is spoken elsewhere, 0 not at all. One that names no language is taken for one of any. */
export function fluency(voice: Voice, language: string): number {
  if (voice.languages.length === 0) return 1;
  return Math.max(0, ...voice.languages.map((spoken) => likeness(spoken.toLowerCase(), language.toLowerCase())));
}

function likeness(spoken: string, wanted: string): number {
  if (spoken === wanted) return 3;
  const [a, b] = [spoken.split("-")[0], wanted.split("-")[0]];
  if (a !== b) return 0;
  return spoken === a || wanted === b ? 2 : 1;
}

/** The one that speaks it best, the first of several. */
export function bestVoice(voices: readonly Voice[], language: string): Voice | undefined {
  const most = Math.max(0, ...voices.map((voice) => fluency(voice, language)));
  return most === 0 ? undefined : voices.find((voice) => fluency(voice, language) === most);
}

/** Scripts that are those of one language as a rule, the more telling first. */
const SCRIPTS: ReadonlyArray<readonly [script: RegExp, language: string]> = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"],
  [/\p{Script=Han}/gu, "zh"],
  [/\p{Script=Hangul}/gu, "ko"],
  [/\p{Script=Cyrillic}/gu, "ru"],
  [/\p{Script=Greek}/gu, "el"],
  [/\p{Script=Arabic}/gu, "ar"],
  [/\p{Script=Hebrew}/gu, "he"],
  [/\p{Script=Devanagari}/gu, "hi"],
  [/\p{Script=Bengali}/gu, "bn"],
  [/\p{Script=Tamil}/gu, "ta"],
  [/\p{Script=Thai}/gu, "th"],
  [/\p{Script=Georgian}/gu, "ka"],
  [/\p{Script=Armenian}/gu, "hy"],
];

/** The language that a text can only be in by its letters; undefined for those that many languages share, as this one's. */
export function languageOf(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const count = (script: RegExp): number => text.match(script)?.length ?? 0;
  const foreign = letters - count(/\p{Script=Latin}/gu);
  if (foreign * 2 <= letters) return undefined;
  // A Japanese text is known by few of its signs; most can be Chinese, too.
  return SCRIPTS.find(([script, language]) => count(script) * (language === "ja" ? 10 : 2) > foreign)?.[1];
}
