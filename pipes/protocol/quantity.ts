/** Durations and sizes as people write them. Apart from `units.ts`, so that `cpipe` can read them without the schema library. */

/** `setTimeout` takes at most 2^31-1 ms; a longer wait would fire at once. */
export const MAX_DURATION_MS = 24 * 24 * 3600 * 1000;
export const DURATION_EXAMPLES = "a duration such as 500ms, 30s, 10m, 1h30m, or a number of seconds";
export const SIZE_EXAMPLES = "a size such as 512MiB, 2GiB, 10MB, or a number of bytes";
/** Days before hours before minutes …, each at most once; or a bare number. */
export const DURATION_PATTERN = `^\\s*(?=\\d)${["d", "h", "m(?!s)", "s", "ms"].map((unit) => `(\\d+(\\.\\d+)?\\s*${unit}\\s*)?`).join("")}$|^\\s*\\d+(\\.\\d+)?\\s*$`;
export const SIZE_PATTERN = "^\\s*\\d+(\\.\\d+)?\\s*(B|[kKMGT]i?B?)?\\s*$";

/** Milliseconds, or null when this is no duration. A bare number is seconds. */
export function parseDuration(value: unknown): number | null {
  if (typeof value === "number") return bounded(value * 1000, MAX_DURATION_MS);
  if (typeof value !== "string" || !durationPattern.test(value)) return null;
  if (/^[\d.\s]+$/.test(value)) return bounded(Number(value) * 1000, MAX_DURATION_MS);
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smhd])/g)) total += Number(amount) * MILLISECONDS[unit as "ms"];
  return bounded(total, MAX_DURATION_MS);
}

/** The word that some durations may be instead. */
export function isNever(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "never";
}

/** Bytes, or null when this is no size. `KiB` counts in 1024s, `kB` (and `KB`) in 1000s; a lone `K`, `M`, `G` means the former. */
export function parseSize(value: unknown): number | null {
  if (typeof value === "number") return bounded(value, Number.MAX_SAFE_INTEGER);
  const match = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(?:B|([kKMGT])(i?B?))?\s*$/.exec(value) : null;
  if (match === null) return null;
  const power = match[2] === undefined ? 0 : "KMGT".indexOf(match[2].toUpperCase()) + 1;
  return bounded(Number(match[1]) * (match[3] === "B" ? 1000 : 1024) ** power, Number.MAX_SAFE_INTEGER);
}

/** Bytes for people: `512 B`, `3.1 GiB`, `120 MiB`. */
export function inBytes(bytes: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const amount = bytes / 1024 ** power;
  return `${amount < 10 && power > 0 ? Number(amount.toFixed(1)) : Math.round(amount)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

const durationPattern = new RegExp(DURATION_PATTERN);
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function bounded(value: number, most: number): number | null {
  return value >= 0 && value <= most ? Math.round(value) : null;
}
