import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { type Endpoint, shownUrl } from "./endpoint.ts";
import { exchange, textOf } from "./exchange.ts";
import { insist, type Outcome, unreachable } from "./insist.ts";
import { refusalOf, saying } from "./refusal.ts";

/** One question, and its answer as a whole: with `body` a POST, else a GET. */
export interface Question {
  /** Below the endpoint's address, as `/embeddings`. */
  readonly path: string;
  readonly body?: object;
  /** Of statuses that are no failure: what they mean. */
  readonly instead?: Readonly<Record<number, unknown>>;
}

/**
 * Resolves with the answer's JSON; asks again as `insist` does.
 * @throws ToolError `endpoint-failed` when it refuses or sends no JSON, `endpoint-unavailable`, `cancelled` (or the signal's own)
 */
export async function ask(endpoint: Endpoint, question: Question, signal: AbortSignal, onRetry: (reason: string) => void): Promise<unknown> {
  return insist(endpoint, question.path, () => attempt(endpoint, question, signal), signal, onRetry);
}

const TIMEOUT_MS = 60_000;
/** Characters of an answer: several times what many long vectors have. */
const MOST_READ = 2 ** 26;

async function attempt(endpoint: Endpoint, { path, body, instead = {} }: Question, signal: AbortSignal): Promise<Outcome<unknown>> {
  const { timeoutMs = TIMEOUT_MS } = endpoint;
  const patience = AbortSignal.timeout(timeoutMs);
  try {
    const response = await exchange(endpoint, path, body ?? null, AbortSignal.any([signal, patience]));
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return { type: "answer", value: parse(endpoint, path, await textOf(response, MOST_READ)) };
    const refusal = await refusalOf(response, endpoint);
    if (Object.hasOwn(instead, statusCode)) return { type: "answer", value: instead[statusCode] };
    return { ...refusal, type: refusal.temporary ? "unavailable" : "refused" };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if (signal.aborted) throw cancelled(signal);
    return { type: "unavailable", reason: patience.aborted ? `gave no answer within ${timeoutMs / 1000} s` : unreachable(error), retryAfterMs: null };
  }
}

function parse(endpoint: Endpoint, path: string, text: string): unknown {
  if (text.length > MOST_READ) throw new ToolError("endpoint-failed", { url: shownUrl(endpoint, path), reason: `sent more than ${MOST_READ / 2 ** 20} MiB`, hint: "Check `url:` in tools.yaml" });
  try {
    return JSON.parse(text);
  } catch {
    throw new ToolError("endpoint-failed", { url: shownUrl(endpoint, path), reason: `sent no JSON${saying(text, endpoint)}`, hint: "Check `url:` in tools.yaml" });
  }
}
