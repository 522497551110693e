/** What an endpoint has sent that is not what it was asked for, as a predicate of the endpoint. A text is taken as it is, anything else as JSON. */
export function otherThan(expected: string, got: unknown): string {
  const text = typeof got === "string" ? got : (JSON.stringify(got) ?? "nothing");
  return `sent something else than was asked for: expected ${expected}, got ${text.length > MOST ? `${text.slice(0, MOST)}…` : text}`;
}

const MOST = 200;
