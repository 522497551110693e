/** How parts of the screen look. Without colours (NO_COLOR) there is still bold, faint and reverse, which are none. Source: no-color.org. */
const TINTS = ["strong", "faint", "good", "bad", "busy", "bar", "picked", "title"] as const;
export type Tint = (typeof TINTS)[number];
export type Paint = Readonly<Record<Tint, (text: string) => string>>;

const COLOURED: Readonly<Record<Tint, string>> = { strong: "1", faint: "2", good: "32", bad: "31", busy: "33", bar: "7", picked: "7", title: "1;36" };
const PLAIN: Readonly<Record<Tint, string>> = { strong: "1", faint: "2", good: "0", bad: "1", busy: "0", bar: "7", picked: "7", title: "1" };

export function paintFor(env: Readonly<Record<string, string | undefined>> = process.env): Paint {
  const codes = env["NO_COLOR"] ? PLAIN : COLOURED;
  return Object.fromEntries(TINTS.map((tint) => [tint, (text: string) => `\x1b[${codes[tint]}m${text}\x1b[0m`])) as unknown as Paint;
}
