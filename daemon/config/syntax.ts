import { type Document, type ErrorCode, visit, type YAMLParseError, type YAMLWarning } from "yaml";
import type { Finding, Problem } from "./problem.ts";

/** What YAML itself finds wrong and what still leaves a document that can be checked further. */
export const NOT_FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["TAG_RESOLVE_FAILED"]);

/** The YAML package's complaint as ours. */
export function inOurWords(error: YAMLParseError | YAMLWarning, text: string): Finding {
  const known = ourWords[error.code];
  if (known !== undefined) return known;
  if (error.code === "TAG_RESOLVE_FAILED") return { message: `tags have no meaning here: ${(text.slice(...error.pos).split(/\s/)[0] ?? "").slice(0, 40)}` };
  return { message: `not valid YAML: ${lowerFirst(error.message)}`, hint: quotesHint(error, text) };
}

const ourWords: Partial<Record<ErrorCode, Finding>> = {
  TAB_AS_INDENT: { message: "a tab cannot indent YAML", expected: "spaces" },
  MULTIPLE_DOCS: { message: "this file has more than one document", hint: "remove what begins at this line '---'" },
  NON_STRING_KEY: { message: "a key has to be plain text" },
};
function quotesHint({ code, pos: [at] }: YAMLParseError | YAMLWarning, text: string): string | undefined {
  if (text.startsWith("${", at - 1)) return "within {…} or […] a ${VARIABLE} wants quotes";
  return wantsQuotes.has(code) ? QUOTES : undefined;
}
const wantsQuotes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["BLOCK_AS_IMPLICIT_KEY", "BAD_SCALAR_START"]);
const QUOTES = "a text with ': ' or ' #' in it, or that begins with a special character, wants quotes";

/** Once the parser is off the track, all that follows is unexpected to it. */
export function withoutEchoes<T extends YAMLParseError | YAMLWarning>(errors: readonly T[]): T[] {
  return errors.filter((error, index) => index === 0 || error.code !== "UNEXPECTED_TOKEN");
}

/** Where an error is to be shown. A quote that is never closed is noticed at the end of the file; its mistake is at its beginning. */
export function spotOfError(error: YAMLParseError | YAMLWarning, doc: Document.Parsed): readonly [number, number] {
  const [from, to] = error.pos;
  if (error.code !== "MISSING_CHAR" || !error.message.includes("quote")) return [from, to];
  let opening = from;
  visit(doc, {
    Scalar: (_, { type, range }) => {
      if ((type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE") && range && range[0] < from) opening = range[0];
    },
  });
  return [opening, opening + 1];
}

/** One slip often makes several errors on its line; the first one tells. */
export function onePerLine(problems: readonly Problem[]): Problem[] {
  const seen = new Set<number>();
  return problems.filter(({ line }) => !seen.has(line) && seen.add(line));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
