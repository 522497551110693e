import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isToolName } from "./names.ts";

/** A voice as a tool for speech calls it. */
export interface KnownVoice {
  readonly name: string;
  readonly languages: readonly string[];
}

/**
 * Where a tool for speech writes down its voices when it knows them, so that a shell can complete their names without waking it:
 * `{"version": 1, "voices": [KnownVoice]}`. `folder` is `places().voices`.
 */
export function voicesFile(folder: string, tool: string): string {
  return join(folder, `${tool}.json`);
}

/** What is written there; none where nothing is, or nothing that can be read. */
export function knownVoices(folder: string, tool: string): KnownVoice[] {
  if (!isToolName(tool)) return [];
  try {
    const { version, voices } = JSON.parse(readFileSync(voicesFile(folder, tool), "utf8")) as { version?: unknown; voices?: unknown };
    return version === 1 && Array.isArray(voices) ? voices.filter(isVoice) : [];
  } catch {
    return []; // it has never been loaded, or the file is another's
  }
}

function isVoice(value: unknown): value is KnownVoice {
  const { name, languages } = (value ?? {}) as Partial<Record<keyof KnownVoice, unknown>>;
  return typeof name === "string" && Array.isArray(languages) && languages.every((language) => typeof language === "string");
}
