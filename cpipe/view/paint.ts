/** How parts of the screen look. Without colours (NO_COLOR) there is still bold, faint and reverse, which are none. Source: no-color.org. */
export interface Paint {
  readonly faint: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly status: (text: string) => string;
  readonly match: (text: string) => string;
  /** The match that the search is at. */
  readonly found: (text: string) => string;
}

export function paintFor(env: Readonly<Record<string, string | undefined>> = process.env): Paint {
  const colours = !env["NO_COLOR"];
  const sgr = (codes: string) => (text: string) => `\x1b[${codes}m${text}\x1b[0m`;
  return { faint: sgr("2"), bad: sgr(colours ? "31" : "1"), status: sgr("7"), match: sgr(colours ? "30;43" : "7"), found: sgr(colours ? "30;46" : "1;7") };
}
