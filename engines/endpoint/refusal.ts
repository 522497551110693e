import type { IncomingMessage } from "node:http";
import type { Endpoint } from "./endpoint.ts";
import { textOf } from "./exchange.ts";

/** An answer that is none. */
export interface Refusal {
  /** As a predicate of the endpoint: `answered 401: Incorrect API key`. */
  readonly reason: string;
  /** What was sent, as it came. */
  readonly text: string;
  readonly status: number;
  readonly hint?: string;
  /** The same request may go well in a moment. */
  readonly temporary: boolean;
  /** When the endpoint wants to be asked again; null when it does not say. */
  readonly retryAfterMs: number | null;
}

/** Reads an answer whose status is no success. @throws Error when it breaks off */
export async function refusalOf(response: IncomingMessage, endpoint: Endpoint): Promise<Refusal> {
  const status = response.statusCode ?? 0;
  const text = await textOf(response, MOST_READ);
  const hint = HINTS[status];
  return {
    reason: `answered ${status}${saying(text, endpoint)}`,
    text,
    status,
    ...(hint === undefined ? {} : { hint }),
    temporary: isTemporary(status),
    retryAfterMs: retryAfter(response.headers["retry-after"]),
  };
}

/** Of the endpoint's own errors 501 is none that passes: it has no such thing. */
export function isTemporary(status: number): boolean {
  return (status >= 500 && status !== 501) || status === 429 || status === 408;
}

const MOST_READ = 65_536;
const MOST_SAID = 300;

const HINTS: Readonly<Record<number, string>> = {
  401: "Check `apiKey:` in tools.yaml",
  403: "Check `apiKey:` in tools.yaml",
  404: "Check `url:` and `model:` in tools.yaml",
  405: "Check `url:` in tools.yaml",
};

/** In seconds or as a date; null when it is neither. */
function retryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  const milliseconds = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

/** What the endpoint says about it, as the tail of a sentence: its own message, else the beginning of what came. Never its key, whoever repeats that. */
export function saying(text: string, { apiKey }: Pick<Endpoint, "apiKey">): string {
  const key = apiKey?.trim() ?? "";
  const said = (messageOf(text) ?? text).replaceAll(/\s+/g, " ").trim();
  const line = key === "" ? said : said.replaceAll(key, "(the key)");
  return line === "" ? "" : `: ${line.length > MOST_SAID ? `${line.slice(0, MOST_SAID)}…` : line}`;
}

/** OpenAI's `error.message`, Ollama's `error`, vLLM's `message`, FastAPI's `detail`; null where it is none of them. */
function messageOf(text: string): string | null {
  try {
    const { error, message, detail } = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown; detail?: unknown };
    const told = typeof error === "object" ? error?.message : (error ?? message ?? detail);
    return typeof told === "string" ? told : null;
  } catch {
    return null; // A proxy's page, say.
  }
}
