import { splitCode } from "./code.ts";
import { kindOf, type Kind } from "./kind.ts";
import { linesOf } from "./lines.ts";
import { splitMarkdown } from "./markdown.ts";
import { splitProse } from "./prose.ts";
import type { Sizes } from "./unit.ts";

export interface Passage {
  /** Its lines, separated by LF whatever the file has; never blank at either end. At most `most` UTF-16 code units. */
  readonly text: string;
  /** First and last line in the file, from 1. The pieces of a line that is too long share its number. */
  readonly line: number;
  readonly end: number;
  /** Where in the file it is: `Install > Linux`, or the line that names a block of code. */
  readonly heading?: string;
  readonly kind: Kind;
}

/** Sizes in UTF-16 code units. */
export const SIZES: Sizes = { target: 1000, least: 200, most: 1600 };

/**
 * A file's text in passages, in order and without overlap: each line that is not blank is in exactly one of them, but for
 * lines longer than a passage may be, which are cut. Pure, and in linear time. `path` only decides how it is read.
 */
export function splitFile(path: string, text: string, sizes: Sizes = SIZES): Passage[] {
  const lines = linesOf(text);
  const kind = kindOf(path, text);
  return SPLITTERS[kind](lines, sizes).map(({ start, end, line, last, heading }) => ({
    text: text.slice(start, end).replaceAll(/\r\n?/g, "\n").replace(/^\uFEFF/, ""),
    line: line + 1,
    end: last + 1,
    ...(heading.length === 0 ? {} : { heading: heading.join(" > ") }),
    kind,
  }));
}

const SPLITTERS = { markdown: splitMarkdown, code: splitCode, text: splitProse };
