/** Colours where somebody looks at them: a terminal, and NO_COLOR is not set. Source: no-color.org. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  /** Columns of the terminal; Infinity where it is none. */
  readonly width: number;
}

/** A terminal that does not say how wide it is. */
const USUAL = 80;

export function styleFor(tty: boolean, env: Readonly<Record<string, string | undefined>> = process.env, width: number = tty ? (process.stdout.columns ?? process.stderr.columns ?? USUAL) : Infinity): Style {
  const on = tty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const paint = (code: number) => (text: string) => (on && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { good: paint(32), bad: paint(31), busy: paint(33), faint: paint(2), strong: paint(1), width: width > 0 ? width : USUAL };
}
