/** How a piece of text stands out. */
export interface Look {
  readonly bold?: boolean;
  readonly faint?: boolean;
  readonly italic?: boolean;
  readonly underlined?: boolean;
  readonly struck?: boolean;
  readonly code?: boolean;
}

/** A piece of text and its look, as the parameters of SGR; empty for none. */
export interface Span {
  readonly text: string;
  readonly paint: string;
}

/** Whether looks are shown in the terminal's own way, by escape codes, or by Markdown's marks, where there are to be none. */
export interface MarkdownStyle {
  readonly coloured: boolean;
}

/** As `styleFor` decides: colours, unless NO_COLOR is set. */
export function markdownStyle(env: Readonly<Record<string, string | undefined>> = process.env): MarkdownStyle {
  return { coloured: !env["NO_COLOR"] && env["TERM"] !== "dumb" };
}

/** Source: ECMA-48 §8.3.117; 36 is cyan. */
const CODES = { bold: 1, faint: 2, italic: 3, underlined: 4, struck: 9, code: 36 } as const;

export function paintOf(look: Look): string {
  return (Object.keys(CODES) as Array<keyof Look>).flatMap((name) => (look[name] === true ? [CODES[name]] : [])).join(";");
}

export function painted(text: string, paint: string): string {
  return paint === "" || text === "" ? text : `${startOf(paint)}${text}${RESET}`;
}

export const RESET = "\x1b[0m";
export const startOf = (paint: string): string => `\x1b[${paint}m`;
