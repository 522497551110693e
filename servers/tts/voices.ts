import { ToolError } from "../../pipes/protocol/errors.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { bestVoice, fluency, languageOf } from "./languages.ts";
import type { Voice } from "./synthesizer.ts";

/** How something is to be said; what is missing is as the settings say, and then as the model does it by itself. */
export interface Manner {
  readonly voice?: string | undefined;
  readonly speed?: number | undefined;
  readonly language?: string | undefined;
}

/** The voices on the ladder. */
export interface Ladder {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Of the engine that the settings name. */
  readonly main: readonly Voice[];
  /** Of espeak-ng, for what the main engine has no voice for. Null: not asked yet. */
  readonly others: readonly Voice[] | null;
  /** What helps where neither has one. */
  readonly hint?: string | undefined;
}

/** Who speaks. No voice: the engine's own first. */
export interface Choice {
  readonly engine: "main" | "espeak-ng";
  readonly voice?: string | undefined;
  readonly language?: string | undefined;
}

/** Models have either a few voices, known by their names, or very many. */
const NAMED_BY_HAND = 8;

/**
 * Who speaks a text: the voice that is asked for, else the usual one if it speaks the language, else the best of the main engine, else of
 * espeak-ng. Null: espeak-ng has to be asked for its voices first. @throws ToolError `invalid-request`, `unsupported`
 */
export function choose(text: string, manner: Manner, usual: Manner, ladder: Ladder): Choice | null {
  const language = manner.language ?? languageFor(text, usual.language);
  if (manner.voice !== undefined) return named(manner.voice, language, ladder, "$.voice");
  if (usual.voice !== undefined) {
    const found = named(usual.voice, language, ladder, "settings.voice");
    if (found === null || language === undefined || speaks(usual.voice, found, language, ladder)) return found;
  }
  if (language === undefined) return { engine: "main" };
  const own = bestVoice(ladder.main, language);
  if (own !== undefined) return { engine: "main", voice: own.name, language };
  if (ladder.others === null) return null;
  const other = bestVoice(ladder.others, language);
  if (other !== undefined) return { engine: "espeak-ng", voice: other.name, language };
  throw new ToolError("unsupported", { tool: ladder.tool, what: `speak '${language}': no voice here speaks it`, hint: ladder.hint ?? "`voices` lists what there is" });
}

function named(name: string, language: string | undefined, { main, others, hint }: Ladder, path: string): Choice | null {
  // A model of many speakers takes their numbers, too.
  if (main.some((voice) => voice.name === name) || (/^\d{1,4}$/.test(name) && Number(name) < main.length && main.length > NAMED_BY_HAND)) return { engine: "main", voice: name, language };
  if (others === null) return null;
  if (others.some((voice) => voice.name === name)) return { engine: "espeak-ng", voice: name, language };
  const names = [...main, ...others].map((voice) => voice.name);
  const near = suggest(name, names);
  const few = names.length <= 12 ? `one of ${names.join(", ")}` : "a voice that `voices` lists";
  throw new ToolError("invalid-request", { path, expected: few, got: name, ...(near !== null ? { hint: `Did you mean '${near}'?` } : hint === undefined ? {} : { hint }) });
}

function speaks(name: string, { engine }: Choice, language: string, { main, others }: Ladder): boolean {
  const voice = (engine === "main" ? main : (others ?? [])).find((candidate) => candidate.name === name);
  return voice !== undefined && fluency(voice, language) > 0;
}

/** The usual language, unless the text is in letters that it is not written in. */
function languageFor(text: string, usual: string | undefined): string | undefined {
  const seen = languageOf(text);
  return seen === undefined || (usual !== undefined && !isLatin(usual)) ? usual : seen;
}

function isLatin(language: string): boolean {
  try {
    return new Intl.Locale(language).maximize().script === "Latn";
  } catch {
    return true; // no language that is known
  }
}
