/** Something elsewhere that speaks as OpenAI's API does. */
export interface Endpoint {
  /** What has /chat/completions, /embeddings and /models below it. A name and a password in it are sent, and never shown. */
  readonly url: string;
  readonly apiKey: string | null;
  /** For one answer as a whole, in ms. */
  readonly timeoutMs?: number;
  /** Pause before the second attempt, in ms; doubles. */
  readonly pauseMs?: number;
}

/** The address of one of its resources; what stands behind a `?`, as a version of the API, goes with each. */
export function addressOf({ url }: Pick<Endpoint, "url">, path: string): URL {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, "")}${path}`;
  return address;
}

/** The same as it may stand in messages and logs. Behind a `?` some have their key. */
export function shownUrl(endpoint: Pick<Endpoint, "url">, path = ""): string {
  const shown = addressOf(endpoint, path);
  for (const secret of ["username", "password", "search", "hash"] as const) shown[secret] = "";
  return shown.href.replace(/\/+$/, "");
}
