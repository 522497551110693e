/**
 * The texts as full RFC 3339 dates, or null when one of them is none. A day begins at midnight, and a time without a zone is UTC: so does
 * Qdrant read what the rows have.
 */
export function datesOf(texts: readonly unknown[]): string[] | null {
  const dates = texts.map((text) => (typeof text === "string" ? dateOf(text) : null));
  return dates.every((date) => date !== null) ? dates : null;
}

function dateOf(text: string): string | null {
  const [, day, time = "00:00", seconds = ":00", zone = "Z"] = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(`${day}T${time}${seconds}${zone.toUpperCase()}`))) return null;
  return `${day}T${time}${seconds}${zone.toUpperCase()}`;
}
