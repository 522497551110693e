import { LEVELS, rankOf } from "../../logs/entry.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { shorten, splitAtEquals, usage } from "../options.ts";
import { parseSince, SINCE_EXAMPLES } from "./since.ts";

export interface LogsTask {
  readonly kind: "logs";
  /** Of tools, or `daemon`; all when none. */
  readonly names: readonly string[];
  readonly follow: boolean;
  /** In ms since 1970. */
  readonly since: number | null;
  readonly level: string | null;
  /** At most so many, the newest; null when not given. */
  readonly lines: number | null;
  readonly json: boolean;
}

const MOST_LINES = 1_000_000;
const SHORT: Readonly<Record<string, string>> = { "-f": "--follow", "-n": "--lines", "-j": "--json", "-h": "--help" };

/** What stands behind `--logs`; null when help is asked for. @throws ToolError `usage` */
export function parseLogs(words: readonly string[], now: number = Date.now()): LogsTask | null {
  const names: string[] = [];
  const given: { follow: boolean; json: boolean; since: number | null; level: string | null; lines: number | null } = { follow: false, json: false, since: null, level: null, lines: null };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) {
      names.push(word);
      continue;
    }
    const [written, inline] = splitAtEquals(word);
    const flag = SHORT[written] ?? written;
    if (flag === "--help") return null;
    if (flag === "--follow" || flag === "--json") {
      if (inline !== undefined) throw usage(`${flag} takes no value`);
      given[flag === "--json" ? "json" : "follow"] = true;
      continue;
    }
    const read = readers[flag];
    if (read === undefined) throw usage(`--logs does not take ${word}`, "It takes: -f, --since, --level, --lines, --json");
    const value = inline ?? words[++at];
    if (value === undefined) throw usage(`${flag} needs a value`, "As in: cpipe --logs --since 10m --level warn --lines 100");
    Object.assign(given, read(value, now));
  }
  return { kind: "logs", names, ...given };
}

const readers: Readonly<Record<string, (value: string, now: number) => object>> = {
  "--since": (value, now) => {
    const since = parseSince(value, now);
    if (since === null) throw usage(`--since: expected ${SINCE_EXAMPLES}, got ${shorten(value)}`);
    return { since };
  },
  "--level": (value) => {
    if (rankOf(value) !== null) return { level: value };
    const near = suggest(value, Object.keys(LEVELS));
    throw usage(`--level: expected ${Object.keys(LEVELS).join(", ")}, or pino's number, got ${shorten(value)}`, near === null ? undefined : `Did you mean ${near}?`);
  },
  "--lines": (value) => {
    const lines = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (lines >= 0 && lines <= MOST_LINES) return { lines };
    throw usage(`--lines: expected a number from 0 to ${MOST_LINES}, got ${shorten(value)}`);
  },
};
