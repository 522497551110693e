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

/** The address of one of its resources, as it may stand in messages and logs. */
export function shownUrl({ url }: Pick<Endpoint, "url">, path = ""): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return `${shown.href.replace(/\/+$/, "")}${path}`;
}
