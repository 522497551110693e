import { Refusal } from "./answers.ts";
import { isShaped } from "./shape.ts";

/** What is known of a request that came to nothing. */
export interface Failure {
  readonly reason: string;
  readonly hint?: string;
  /** Qdrant's own answer; null when there was none, or when something else answered. */
  readonly status: number | null;
  /** Whether the same request might go well in a moment. */
  readonly passing: boolean;
}

/** @param thrown by `fetch` or by Qdrant's client */
export function failureOf(thrown: unknown, seconds: number): Failure {
  if (!(thrown instanceof Error)) return { reason: String(thrown), status: null, passing: false };
  if (thrown.name === "TimeoutError") return { reason: `no answer within ${seconds} s`, hint: "Is the server busy, or is there a firewall in between?", status: null, passing: false };
  if (thrown instanceof SyntaxError) return { ...STRANGER, status: null, passing: false };
  if (isAnswer(thrown)) return refused(thrown.status, thrown.data);
  // Its middleware makes an error of its own of "too many requests, come back later".
  if ("retry_after" in thrown) return refused(429, null);
  return unreachable(thrown);
}

/** For what no Qdrant would answer. */
export const STRANGER = { reason: "what answers there is not Qdrant", hint: "Check the address: Qdrant's REST port is 6333 by default (6334 is gRPC)" } as const;

function isAnswer(thrown: Error): thrown is Error & { status: number; data: unknown } {
  return "status" in thrown && typeof thrown.status === "number" && "data" in thrown;
}

function refused(status: number, data: unknown): Failure {
  const known = isShaped(Refusal, data);
  const words = known ? data.status.error.slice(0, MOST_WORDS) : null;
  const said = words === null ? `it answered ${status}` : `it answered ${status}: ${words}`;
  const own = known ? status : null;
  if (status === 401 || status === 403) return { reason: said, hint: "The API key is wrong, is missing, or may not do this", status: own, passing: false };
  if (status === 404 && !known) return { reason: `${STRANGER.reason} (404)`, hint: STRANGER.hint, status: null, passing: false };
  if (status === 413) return { reason: said, hint: "A row is larger than the server takes (service.max_request_size_mb); split the text", status: own, passing: false };
  if (words !== null && /strict mode|index required/i.test(words)) return { reason: said, hint: "The server's strict mode forbids it: make a payload index for the field (metadata.FIELD), or loosen strict mode", status: own, passing: false };
  return { reason: said, status: own, passing: status === 429 || status >= 500 };
}

const MOST_WORDS = 300;

/** `fetch` says "fetch failed"; what it was is in the causes. */
function unreachable(thrown: Error): Failure {
  const deepest = deepestOf(thrown);
  const code = "code" in deepest && typeof deepest.code === "string" ? deepest.code : "";
  const known = CAUSES[code];
  const reason = known?.[0] ?? (deepest.message === "" ? code || deepest.name : deepest.message);
  return { reason, ...(known?.[1] === undefined ? {} : { hint: known[1] }), status: null, passing: PASSING.has(code) };
}

function deepestOf(thrown: Error): Error {
  const inner = thrown instanceof AggregateError ? (thrown.errors as unknown[]).find((each) => each instanceof Error) : thrown.cause;
  return inner instanceof Error ? deepestOf(inner) : thrown;
}

const CAUSES: Readonly<Record<string, readonly [reason: string, hint?: string]>> = {
  ECONNREFUSED: ["nothing listens there", "Start Qdrant, or correct `uri:` in tools.yaml"],
  ECONNRESET: ["the connection was cut"],
  UND_ERR_SOCKET: ["the connection was cut"],
  ENOTFOUND: ["there is no such host", "Correct `uri:` in tools.yaml"],
  EAI_AGAIN: ["the name of the host could not be looked up", "Is this machine connected?"],
  EHOSTUNREACH: ["the host cannot be reached", "Is this machine connected?"],
  ENETUNREACH: ["the host cannot be reached", "Is this machine connected?"],
  ETIMEDOUT: ["the host does not answer", "Is there a firewall in between?"],
  UND_ERR_CONNECT_TIMEOUT: ["the host does not answer", "Is there a firewall in between?"],
  ERR_SSL_WRONG_VERSION_NUMBER: ["it does not speak TLS", "Write qdrant+http:// in tools.yaml, or turn TLS on at the server"],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ["it does not speak TLS", "Write qdrant+http:// in tools.yaml, or turn TLS on at the server"],
};
const PASSING: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
