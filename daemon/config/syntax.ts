import type { ErrorCode, YAMLParseError, YAMLWarning } from "yaml";
import type { Finding, Problem } from "./problem.ts";

/** What YAML itself finds wrong and what still leaves a document that can be checked further. */
export const NOT_FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["TAG_RESOLVE_FAILED"]);

/** The YAML package's complaint as ours. */
export function inOurWords(error: YAMLParseError | YAMLWarning, text: string): Finding {
  const known = ourWords[error.code];
  if (known !== undefined) return known;
  if (error.code === "TAG_RESOLVE_FAILED") return { message: `tags have no meaning here: ${(text.slice(...error.pos).split(/\s/)[0] ?? "").slice(0, 40)}` };
  return { message: `not valid YAML: ${lowerFirst(error.message)}`, hint: wantsQuotes.has(error.code) ? QUOTES : undefined };
}

const ourWords: Partial<Record<ErrorCode, Finding>> = {
  TAB_AS_INDENT: { message: "a tab cannot indent YAML", expected: "spaces" },
  MULTIPLE_DOCS: { message: "this file has more than one document", hint: "remove what begins at this line '---'" },
  NON_STRING_KEY: { message: "a key has to be plain text" },
};
const wantsQuotes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["BLOCK_AS_IMPLICIT_KEY", "BAD_SCALAR_START"]);
const QUOTES = "a text with ': ' or ' #' in it, or that begins with a special character, wants quotes";

/** One slip often makes several errors on its line; the first one tells. */
export function onePerLine(problems: readonly Problem[]): Problem[] {
  const seen = new Set<number>();
  return problems.filter(({ line }) => !seen.has(line) && seen.add(line));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
