/** How a piece of text stands out. */
export interface Look {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly struck?: boolean;
  readonly underlined?: boolean;
  readonly code?: boolean;
  readonly faint?: boolean;
}

/** Whether looks are shown in the terminal's own way, by escape codes, or by Markdown's marks, where there are to be none. */
export interface MarkdownStyle {
  readonly coloured: boolean;
}

/** As `styleFor` decides: colours, unless NO_COLOR is set. */
export function markdownStyle(env: Readonly<Record<string, string | undefined>> = process.env): MarkdownStyle {
  return { coloured: !env["NO_COLOR"] && env["TERM"] !== "dumb" };
}
