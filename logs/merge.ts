import type { LogEntry } from "./entry.ts";

/** An entry, and the log that it is from: `chat`, `daemon`. */
export interface LogLine {
  readonly log: string;
  readonly entry: LogEntry;
}

/** The entries of one log, oldest first. `touched` is when it was last written. */
export interface LogPart {
  readonly log: string;
  readonly entries: LogEntry[];
  /** A time before which none of them was written, in ms since 1970; null where that is not known. */
  readonly before: number | null;
  readonly touched: number;
}

/**
 * Several logs as one, by time; the lines of each stay in their order. A line without a time is as old as the one before it, at the
 * beginning as the first that has one, and where none has one, as the file.
 */
export function mergeByTime(parts: readonly LogPart[]): LogLine[] {
  if (parts.length === 1) return (parts[0]?.entries ?? []).map((entry) => ({ log: parts[0]?.log ?? "", entry }));
  const dated = parts.flatMap(({ log, entries, before, touched }) => {
    let at = before ?? entries.map(timeOf).find((time) => time !== null) ?? touched;
    return entries.map((entry) => {
      at = Math.max(at, timeOf(entry) ?? at);
      return { at, line: { log, entry } };
    });
  });
  return dated.sort((a, b) => a.at - b.at).map(({ line }) => line);
}

function timeOf({ time }: LogEntry): number | null {
  return time === null ? null : Date.parse(time);
}
