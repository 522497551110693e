/** A line of a log: what a JSON line says, or a line that is none as its `msg`. */
export interface LogEntry {
  /** ISO 8601; null when the line does not say. */
  readonly time: string | null;
  /** `info`, `error`, …; null when the line does not say. */
  readonly level: string | null;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** pino's numbers. */
export const LEVELS: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
/** As others call them. */
const ALIASES: Readonly<Record<string, string>> = { warning: "warn", err: "error", critical: "fatal" };
const words = new Map(Object.entries(LEVELS).map(([word, number]) => [number, word]));

export function parseEntry(line: string): LogEntry {
  const fields = parseObject(line);
  if (fields === null) return { time: null, level: null, msg: line };
  const { time, level, msg } = fields;
  return { ...fields, time: isoTime(time), level: typeof level === "number" ? (words.get(level) ?? String(level)) : typeof level === "string" ? level : null, msg: typeof msg === "string" ? msg : "" };
}

/** Whether an entry is at least as important as `level`. One that does not say passes: it may be a crash's last words. */
export function isAtLeast(entry: LogEntry, level: string | undefined): boolean {
  return (rankOf(entry.level ?? "") ?? Infinity) >= (rankOf(level ?? "trace") ?? 0);
}

/** pino's number for a level, by its name or the number itself; null for what is none. */
export function rankOf(level: string): number | null {
  const word = level.toLowerCase();
  return LEVELS[ALIASES[word] ?? word] ?? (/^\d+$/.test(word) ? Number(word) : null);
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null; // a line of text that begins with a brace
  }
}

function isoTime(time: unknown): string | null {
  if (typeof time !== "number" && typeof time !== "string") return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
