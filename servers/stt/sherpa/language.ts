import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Headers } from "./check.ts";
import { type Files, kindOf, type KindName } from "./kinds.ts";

/**
 * The language as the model calls it, or "" where it finds out or knows but one. Whisper's library ends its process over a
 * language that the model does not know.
 * @throws ToolError `model-unfit`
 */
export function languageFor(kind: KindName, files: Files, headers: Headers, language: string | undefined): string {
  if (language === undefined) return "";
  const known = knownLanguages(kind, headers);
  if (known === null) return "";
  const wanted = language.toLowerCase();
  const found = [wanted, wanted.split("-")[0]!].find((name) => known.includes(name));
  if (found === undefined) throw new ToolError("model-unfit", { path: files.encoder ?? files.model, use: `speech in the language '${language}'`, reason: `this ${kindOf(kind).title} knows ${known.join(", ")}`, hint: "Change `language` in tools.yaml, or leave it out" });
  return kind === "whisper" && !isMultilingual(headers) ? "" : found;
}

function knownLanguages(kind: KindName, headers: Headers): readonly string[] | null {
  if (kind === "sense-voice") return ["zh", "en", "ja", "ko", "yue"];
  if (kind !== "whisper") return null;
  return isMultilingual(headers) ? (headers.encoder?.metadata["all_language_codes"] ?? "").split(",") : ["en"];
}

/** Of Whisper. */
export const isMultilingual = (headers: Headers): boolean => headers.encoder?.metadata["is_multilingual"] === "1";
