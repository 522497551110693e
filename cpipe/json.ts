import { splitAtEquals } from "./options.ts";

/** Whether a command line asks for JSON; known before it is known whether it can be read. An object behind `--json` is arguments. */
export function asksForJson(tokens: readonly string[]): boolean {
  const end = tokens.indexOf("--");
  const read = end === -1 ? tokens : tokens.slice(0, end);
  return read.some((token, at) => {
    const [flag, inline] = splitAtEquals(token);
    const value = inline ?? read[at + 1];
    if (flag === "-j" || flag === "--json") return inline === undefined && !/^\s*[[{]/.test(value ?? "");
    if (flag === "-o" || flag === "--output") return value === "json" || value === "jsonl";
    return /^-ojsonl?$/.test(token);
  });
}
