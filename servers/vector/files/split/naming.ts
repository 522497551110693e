import { beginningOf, isBlank, type Lines } from "./lines.ts";

/** The line that names a block of code, such as `export function foo(`; null where none does, as among imports. */
export function nameOf(lines: Lines, from: number, to: number): string | null {
  for (let line = from; line < Math.min(to, from + MOST_LINES); line += 1) {
    if (isBlank(lines, line)) continue;
    const text = beginningOf(lines, line);
    if (COMMENT.test(text)) continue;
    if (IMPORT.test(text)) return null;
    if (DEFINITION.test(text) || OPENS.test(text)) return named(text);
  }
  return null;
}

/** Ends what stands above it, or goes on with it: `}`, `end`, `} else {`. */
export function isCloser(text: string): boolean {
  return /^(?:[)\]}]|(?:end|fi|done|esac|else|elif|except|catch|finally|rescue|ensure)\b)/.test(text);
}

/** How far a doc comment may reach before its function counts as nameless. */
const MOST_LINES = 80;
const MOST_NAME = 100;
const COMMENT = /^(?:\/\/|\/\*|\*|#|--|;|%|"""|'''|<!--|@)/;
const IMPORT = /^(?:import\b|from\b.+\bimport\b|use\b|using\b|require\b|include\b|package\b|export \{|export \* from)/;
const MODIFIERS = String.raw`(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|async|pub(?:\([a-z]+\))?|unsafe|extern|inline|virtual|override|const|sealed|partial|open|data|local)\s+)*`;
const WORDS = "function|class|interface|type|enum|struct|union|trait|impl|module|namespace|mod|def|defp|defmodule|defun|fn|func|fun|sub|proc|procedure|const|let|var|val|object|record|protocol|extension|macro|macro_rules!|template|typedef|create|alter";
const DEFINITION = new RegExp(String.raw`^\(?${MODIFIERS}(?:${WORDS})\b`, "i");
/** What opens a block without such a word: `foo() {`, `services:`, `.button {`. */
const OPENS = /[\w)\]"'>*]\s*(?:[{(:]|=>|=)\s*$/;

/** Up to where the block begins, for there the parameters or the body follow. */
function named(text: string): string {
  return text.replace(/(?:\s*(?:\{|=>|=))+$/, "").slice(0, MOST_NAME).trimEnd();
}
