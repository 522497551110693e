import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { type Endpoint, shownUrl } from "./endpoint.ts";

export type Outcome<T> =
  | { readonly type: "answer"; readonly value: T }
  | { readonly type: "refused"; readonly reason: string; readonly hint?: string }
  | { readonly type: "unavailable"; readonly reason: string; readonly retryAfterMs: number | null };

/**
 * Asks until there is an answer. Too many requests, the endpoint's own errors and broken connections are tried again a few times, after as
 * long as the endpoint asks for. `attempt` may throw what is not to be tried again.
 * @throws ToolError `endpoint-failed` when it refuses, `endpoint-unavailable`, `cancelled` (or the signal's own)
 */
export async function insist<T>(endpoint: Endpoint, path: string, attempt: () => Promise<Outcome<T>>, signal: AbortSignal, onRetry: (reason: string) => void): Promise<T> {
  const url = shownUrl(endpoint, path);
  for (let count = 1; ; count++) {
    const outcome = await attempt();
    if (outcome.type === "answer") return outcome.value;
    const { reason } = outcome;
    if (outcome.type === "refused") throw new ToolError("endpoint-failed", { url, reason, ...(outcome.hint === undefined ? {} : { hint: outcome.hint }) });
    const pause = outcome.retryAfterMs ?? (endpoint.pauseMs ?? PAUSE_MS) * 2 ** (count - 1);
    if (count === MAX_ATTEMPTS) throw new ToolError("endpoint-unavailable", { url, reason, hint: `Given up after ${MAX_ATTEMPTS} attempts` });
    if (pause > MAX_PAUSE_MS) throw new ToolError("endpoint-unavailable", { url, reason, hint: `It asks for ${Math.ceil(pause / 1000)} s of patience` });
    onRetry(`${url} ${reason}; trying again`);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw cancelled(signal);
  }
}

const PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const MAX_ATTEMPTS = 4;

/** What keeps a request from being answered, as a predicate of the endpoint. @param thrown by `exchange`, or while its answer was read */
export function unreachable(thrown: unknown): string {
  const { message, code } = thrown as NodeJS.ErrnoException;
  if (code === "ERR_INVALID_CHAR") return "cannot be asked: the key has a character in it that no header may have";
  return `cannot be reached: ${message || String(code)}`;
}
