import { type Document, type ErrorCode, visit, type YAMLParseError, type YAMLWarning } from "yaml";
import type { Finding, Problem } from "./problem.ts";

/** What YAML itself finds wrong and what still leaves a document that can be checked further. */
export const NOT_FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["TAG_RESOLVE_FAILED"]);

/** The YAML package's complaint as ours. */
export function inOurWords(error: YAMLParseError | YAMLWarning, text: string): Finding {
  const known = ourWords[error.code];
  if (known !== undefined) return known;
  if (error.code === "TAG_RESOLVE_FAILED") return { message: `tags have no meaning here: ${(text.slice(...error.pos).split(/\s/)[0] ?? "").slice(0, 40)}` };
  if (error.code === "BAD_INDENT") return badIndent(error.message);
  if (isOpenQuote(error)) return { message: "not valid YAML: the quote that begins here is not closed" };
  if (error.message === "Unexpected scalar at node end") return { message: "not valid YAML: more text after the end of this value", hint: "within '…' a ' is written ''" };
  return { message: `not valid YAML: ${lowerFirst(error.message)}`, hint: quotesHint(error, text) };
}

const ourWords: Partial<Record<ErrorCode, Finding>> = {
  TAB_AS_INDENT: { message: "a tab cannot indent YAML", expected: "spaces" },
  MULTIPLE_DOCS: { message: "this file has more than one document", hint: "remove what begins at this line '---'" },
  NON_STRING_KEY: { message: "a key has to be plain text" },
  MULTILINE_IMPLICIT_KEY: { message: "not valid YAML: this is no 'key: value'", expected: "a colon and a space after the key, on the same line" },
  BLOCK_AS_IMPLICIT_KEY: { message: "not valid YAML: another 'key: value' begins inside of this value", hint: "put quotes around a text with ': ' in it; a key of its own goes on its own line, indented like the one above" },
};
function isOpenQuote({ code, message }: YAMLParseError | YAMLWarning): boolean {
  return code === "MISSING_CHAR" && message.includes("quote");
}

function badIndent(message: string): Finding {
  const [, open, closing] = /^Flow (map|sequence) .* end with a (.)$/.exec(message) ?? [];
  if (closing !== undefined) return { message: `not valid YAML: a ${open === "map" ? "{" : "["} above is not closed`, expected: `a ${closing} before this line` };
  if (message.startsWith("All ")) return { message: "not valid YAML: this line begins at another column than the ones it belongs to", expected: "the same indentation for keys that stand beside each other" };
  return { message: `not valid YAML: ${lowerFirst(message)}` };
}

function quotesHint({ code, pos: [at] }: YAMLParseError | YAMLWarning, text: string): string | undefined {
  if (text.startsWith("${", at - 1)) return "within {…} or […] a ${VARIABLE} wants quotes";
  return code === "BAD_SCALAR_START" ? QUOTES : undefined;
}
const QUOTES = "a text that begins with a special character wants quotes";

/** Once the parser is off the track, what follows is unexpected to it, or seems to begin at the wrong column. */
export function withoutEchoes<T extends YAMLParseError | YAMLWarning>(errors: readonly T[]): T[] {
  return errors.filter(({ code }, index) => index === 0 || (code !== "UNEXPECTED_TOKEN" && code !== "BAD_INDENT"));
}

/** Where an error is to be shown. A quote that is never closed is noticed at the end of the file; its mistake is at its beginning. */
export function spotOfError(error: YAMLParseError | YAMLWarning, doc: Document.Parsed): readonly [number, number] {
  const [from, to] = error.pos;
  if (!isOpenQuote(error)) return [from, to];
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
