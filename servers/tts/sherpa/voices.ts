import { basename } from "node:path";
import type { Voice } from "../synthesizer.ts";
import type { Metadata } from "./check.ts";
import type { SpeechFiles } from "./families.ts";

/** A voice for each of the model's speakers, in the order of their numbers. */
export function voicesOf({ family, model }: SpeechFiles, metadata: Metadata, speakers: number): Voice[] {
  const names = namesOf(model, metadata, speakers);
  const languages = languagesOf(metadata);
  return names.map((name) => (family === "kokoro" ? kokoroVoice(name, languages) : { name, languages, description: speakers > 1 ? `one of ${speakers}` : (metadata["language"] ?? "") }));
}

/** The number of a voice, given by its name or as that number; null where there is none of it. */
export function speakerOf(voices: readonly Voice[], wanted: string | undefined): number | null {
  if (wanted === undefined) return 0;
  const named = voices.findIndex(({ name }) => name === wanted);
  if (named >= 0) return named;
  return /^\d+$/.test(wanted) && Number(wanted) < voices.length ? Number(wanted) : null;
}

/** What espeak-ng calls the language in which a voice of a multilingual Kokoro speaks: that of the request, if it knows it, else its own. */
export function espeakLanguage(voice: Voice, wanted: string | undefined): string | null {
  const language = (wanted ?? voice.languages[0] ?? "").toLowerCase();
  return ESPEAK[language] ?? ESPEAK[language.split("-")[0] ?? ""] ?? null;
}

const ESPEAK: Readonly<Record<string, string>> = {
  "en": "en-us", "en-gb": "en-gb", "es": "es", "fr": "fr-fr", "hi": "hi", "it": "it", "ja": "ja", "pt": "pt-br", "pt-pt": "pt", "zh": "cmn", "de": "de", "nl": "nl", "pl": "pl",
};

function namesOf(model: string, metadata: Metadata, speakers: number): string[] {
  const numbers = Array.from({ length: Math.max(1, speakers) }, (_, number) => String(number));
  const names = metadata["speaker_names"]?.split(",").map((name) => name.trim());
  if (names?.length === speakers && new Set(names).size === speakers) return names;
  // Piper's files are called by language, voice and quality.
  const piper = /^[a-z]{2,3}_[A-Z]{2}-(.+?)(-(x_low|low|medium|high))?(\.int8|\.fp16)?\.onnx$/.exec(basename(model))?.[1];
  return speakers <= 1 && piper !== undefined ? [piper] : numbers;
}

/** A name of Kokoro's begins with a letter for the language and one for the sex. Source: huggingface.co/hexgrad/Kokoro-82M, VOICES.md */
function kokoroVoice(name: string, languages: readonly string[]): Voice {
  const [, language, sex] = /^([a-z])([fm])(_|$)/.exec(name) ?? [];
  const spoken = KOKORO[language ?? ""];
  if (spoken === undefined) return { name, languages, description: "" };
  return { name, languages: [spoken], description: `${sex === "f" ? "female" : "male"}, ${nameOf(spoken)}` };
}

const KOKORO: Readonly<Record<string, string>> = { a: "en-US", b: "en-GB", e: "es", f: "fr", h: "hi", i: "it", j: "ja", p: "pt-BR", z: "zh" };

/** `voice` is what espeak-ng calls the language, `language` its name in English. */
function languagesOf({ voice = "", language = "" }: Metadata): string[] {
  const known = voice.split(" ").flatMap((one) => tagOf(one) ?? []);
  return known.length > 0 ? known : language.split(/[^A-Za-z]+/).flatMap((name) => codes().get(name.toLowerCase()) ?? []);
}

/** `en-us` as `en-US`; what comes behind is an accent that BCP 47 does not know. */
function tagOf(voice: string): string | null {
  const [, language, region] = /^([a-z]{2,3})(?:-([a-z]{2}))?(?:-|$)/.exec(voice) ?? [];
  if (language === undefined) return null;
  return `${language === "cmn" ? "zh" : language}${region === undefined ? "" : `-${region.toUpperCase()}`}`;
}

const english = new Intl.DisplayNames(["en"], { type: "language" });
const nameOf = (tag: string): string => english.of(tag) ?? tag;

let byName: ReadonlyMap<string, string> | null = null;

/** All codes of two letters, by the names of their languages. */
function codes(): ReadonlyMap<string, string> {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
  byName ??= new Map(letters.flatMap((a) => letters.map((b) => [nameOf(a + b).toLowerCase(), a + b] as const)).filter(([name, code]) => name !== code));
  return byName;
}
