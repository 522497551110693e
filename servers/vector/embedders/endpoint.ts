import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";

export interface Endpoint {
  /** What has /embeddings below it. */
  readonly url: string;
  readonly apiKey: string | null;
  /** For one answer. */
  readonly timeoutMs?: number;
  /** Pause before the second attempt; doubles. */
  readonly pauseMs?: number;
}

/**
 * One request to `url`/embeddings; resolves with the answer's JSON. Too many requests, the server's own errors and broken
 * connections are tried again a few times, after as long as the server asks for.
 * @throws ToolError `embedding-failed` when the endpoint refuses or sends no JSON, `embedding-unavailable`, or the signal's own
 */
export async function post(endpoint: Endpoint, body: object, signal: AbortSignal, onRetry: (reason: string) => void): Promise<unknown> {
  const url = `${endpoint.url.replace(/\/+$/, "")}/embeddings`;
  for (let attempt = 1; ; attempt++) {
    const outcome = await ask(url, endpoint, body, signal);
    if (outcome.type === "answer") return parse(url, outcome.text);
    if (outcome.type === "refused") throw new ToolError("embedding-failed", { reason: `${url} ${outcome.reason}`, ...(outcome.hint === undefined ? {} : { hint: outcome.hint }) });
    const pause = outcome.retryAfterMs ?? (endpoint.pauseMs ?? PAUSE_MS) * 2 ** (attempt - 1);
    if (attempt === MAX_ATTEMPTS) throw new ToolError("embedding-unavailable", { url, reason: outcome.reason, hint: `Given up after ${MAX_ATTEMPTS} attempts` });
    if (pause > MAX_PAUSE_MS) throw new ToolError("embedding-unavailable", { url, reason: outcome.reason, hint: `It asks for ${Math.ceil(pause / 1000)} s of patience` });
    onRetry(`${url} ${outcome.reason}; trying again`);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw cancelled(signal);
  }
}

const TIMEOUT_MS = 60_000;
const PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const MAX_ATTEMPTS = 4;

type Outcome =
  | { readonly type: "answer"; readonly text: string }
  | { readonly type: "refused"; readonly reason: string; readonly hint?: string }
  | { readonly type: "unavailable"; readonly reason: string; readonly retryAfterMs: number | null };

async function ask(url: string, { apiKey, timeoutMs = TIMEOUT_MS }: Endpoint, body: object, signal: AbortSignal): Promise<Outcome> {
  const headers = { "content-type": "application/json", accept: "application/json", ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) };
  const patience = AbortSignal.timeout(timeoutMs);
  try {
    // A redirect would turn the request into a GET, or carry the key to somebody else.
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual", signal: AbortSignal.any([signal, patience]) });
    const text = await response.text();
    if (response.ok) return { type: "answer", text };
    const reason = `answered ${response.status}${saying(text)}`;
    const temporary = response.status >= 500 || response.status === 429 || response.status === 408;
    if (temporary) return { type: "unavailable", reason, retryAfterMs: retryAfter(response.headers.get("retry-after")) };
    return { type: "refused", reason, ...(HINTS[response.status] === undefined ? {} : { hint: HINTS[response.status]! }) };
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    if (patience.aborted) return { type: "unavailable", reason: `gave no answer within ${timeoutMs / 1000} s`, retryAfterMs: null };
    const { cause, message } = error as Error;
    return { type: "unavailable", reason: `cannot be reached: ${cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message}`, retryAfterMs: null };
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: "Check `apiKey:` in tools.yaml",
  403: "Check `apiKey:` in tools.yaml",
  404: "Check `url:` and `model:` in tools.yaml",
};

/** In seconds or as a date; null when it is neither. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  const milliseconds = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

/** What the endpoint says about it: OpenAI's `error.message`, else the beginning of what came. */
function saying(text: string): string {
  let said = text;
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown };
    const told = typeof error === "object" ? error?.message : (error ?? message);
    if (typeof told === "string") said = told;
  } catch {
    // No JSON: a proxy's page, say.
  }
  const line = said.replaceAll(/\s+/g, " ").trim();
  return line === "" ? "" : `: ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ToolError("embedding-failed", { reason: `${url} sent no JSON${saying(text)}`, hint: "Check `url:` in tools.yaml" });
  }
}
