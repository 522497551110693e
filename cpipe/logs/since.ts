import { parseDuration } from "../../pipes/protocol/quantity.ts";

export const SINCE_EXAMPLES = "how long ago (10m, 2h, 1d, or seconds), a time of day (14:30), or a date (2026-11-29, 2026-11-29 14:30)";
const DAY_MS = 86_400_000;

/** A point in time as people write it, in ms since 1970; null when it is none. Without a zone it is by the clock of whoever asks. */
export function parseSince(text: string, now: number): number | null {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const word = text.trim().toLowerCase();
  if (word === "today" || word === "yesterday") return atClock(now, 0, 0, 0) - (word === "today" ? 0 : DAY_MS);
  const clock = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(word);
  if (clock !== null) return lastTime(now, clock.slice(1).map((part) => Number(part ?? 0)));
  const date = /^(\d{4}-\d\d-\d\d)(?:[t ]+(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(z|[+-]\d\d:?\d\d)?)?$/.exec(word);
  if (date === null) return null;
  const time = Date.parse(`${date[1]}T${date[2] ?? "00:00"}${(date[3] ?? "").toUpperCase()}`);
  return Number.isNaN(time) ? null : time;
}

/** The last time that a clock showed this. */
function lastTime(now: number, [hours = 0, minutes = 0, seconds = 0]: readonly number[]): number | null {
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const today = atClock(now, hours, minutes, seconds);
  return today > now ? today - DAY_MS : today;
}

function atClock(now: number, hours: number, minutes: number, seconds: number): number {
  return new Date(now).setHours(hours, minutes, seconds, 0);
}
