/** Colours where somebody looks at them: a terminal, and NO_COLOR is not set. Source: no-color.org. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

export function styleFor(tty: boolean, env: Readonly<Record<string, string | undefined>> = process.env): Style {
  const on = tty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const paint = (code: number) => (text: string) => (on && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { good: paint(32), bad: paint(31), busy: paint(33), faint: paint(2), strong: paint(1) };
}
