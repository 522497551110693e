import { basename } from "node:path";
import type { Voice } from "../synthesizer.ts";

/** `file` is what the program takes to choose it: a language alone may have several. */
export type EspeakVoice = Voice & { readonly file: string };

/**
 * What `espeak-ng --voices` prints, by line and the best for a language first:
 * ` 5  en-gb  --/M  English_(Great_Britain)  gmw/en  (en 2)`. Voices of MBROLA need a program of their own, and are left out.
 */
export function parseVoices(printed: string): EspeakVoice[] {
  const lines = printed.split("\n").slice(1).map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([, language, gender, name, file, ...rest]) => {
    if (language === undefined || gender === undefined || name === undefined || file === undefined || file.startsWith("mb/")) return [];
    const others = [...rest.join(" ").matchAll(/\(([\w-]+) \d+\)/g)].map((match) => match[1]!);
    const sex = gender.endsWith("/F") ? ", female" : gender.endsWith("/M") ? ", male" : "";
    return [{ name: basename(file).toLowerCase(), languages: [...new Set([language, ...others])], description: `${name.replaceAll("_", " ").replace(/ $/, "")}${sex}`, file }];
  });
}
