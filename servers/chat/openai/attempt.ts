import type { IncomingMessage } from "node:http";
import { type Endpoint, shownUrl } from "../../../engines/endpoint/endpoint.ts";
import { exchange } from "../../../engines/endpoint/exchange.ts";
import { type Outcome, unreachable } from "../../../engines/endpoint/insist.ts";
import { otherThan } from "../../../engines/endpoint/other-than.ts";
import { isTemporary, refusalOf, saying } from "../../../engines/endpoint/refusal.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { GenerateRequest, GenerateResult, Token } from "../engine/messages.ts";
import { type Habits, refusedOptions } from "./options.ts";
import { overflowIn } from "./overflow.ts";
import { Reply } from "./reply.ts";
import type { WireRequest } from "./request.ts";
import { AnswerReader, type Sent } from "./stream.ts";
import { Vigil } from "./vigil.ts";

/** Characters of one event, or of an answer that does not stream: far more than any model says. */
const MOST_HELD = 2 ** 24;

/** Below the endpoint's address. */
export const PATH = "/chat/completions";

export interface Asking {
  readonly endpoint: Endpoint;
  readonly habits: Habits;
  readonly request: GenerateRequest;
  readonly body: WireRequest;
  /** How long the endpoint may say nothing, before the reply and within it. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  readonly onToken: (token: Token) => void;
}

/** What has gone wrong with an answer that had begun, as a predicate of the endpoint. */
class Broken extends Error {
  readonly temporary: boolean;

  constructor(reason: string, temporary: boolean) {
    super(reason);
    this.temporary = temporary;
  }
}

/**
 * One try at a reply. Only while nothing of it has come may it be tried again: after that every failure is thrown.
 * @throws ToolError `endpoint-failed`, `endpoint-unavailable`, `context-overflow`, `timeout`, `cancelled` (or the signal's own)
 */
export async function attempt(asking: Asking): Promise<Outcome<GenerateResult>> {
  const { endpoint, habits, body, silenceMs, signal } = asking;
  const url = shownUrl(endpoint, PATH);
  const reply = new Reply(asking.request, asking.onToken);
  const vigil = new Vigil(silenceMs);
  const asked = performance.now();
  let answered = false;
  try {
    const fitted = habits.fit(body);
    const response = await exchange(endpoint, PATH, fitted, AbortSignal.any([signal, vigil.signal]));
    if (response.statusCode !== 200) return await refused(asking, fitted, response);
    answered = true;
    await read(response, endpoint, reply, vigil);
    return { type: "answer", value: { ...reply.end(), milliseconds: measured(asked, reply.begun) } };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if (signal.aborted) throw cancelled(signal);
    if (vigil.signal.aborted) {
      const what = reply.begun === null ? "first token" : "further token";
      throw new ToolError("timeout", { what, tool: url, seconds: silenceMs / 1000, hint: "Is it overloaded? `silenceTimeout:` in tools.yaml gives it longer" });
    }
    const { message, temporary } = error instanceof Broken ? error : { message: answered ? `broke off: ${(error as Error).message}` : unreachable(error), temporary: true };
    if (reply.begun !== null) throw new ToolError(temporary ? "endpoint-unavailable" : "endpoint-failed", { url, reason: message });
    return temporary ? { type: "unavailable", reason: message, retryAfterMs: null } : { type: "refused", reason: message };
  } finally {
    vigil.end();
  }
}

async function refused(asking: Asking, body: WireRequest, response: IncomingMessage): Promise<Outcome<GenerateResult>> {
  const refusal = await refusalOf(response, asking.endpoint);
  const { text, temporary, hint } = refusal;
  const overflow = overflowIn(text);
  if (overflow !== null) throw overflow;
  if (temporary) return { ...refusal, type: "unavailable" };
  if (asking.habits.learn(body, text)) return attempt(asking);
  const options = refusedOptions(body, text);
  if (options.length > 0) return { ...refusal, type: "refused", hint: `It does not take ${options.join(", ")} as it was given, in the request or in tools.yaml` };
  return { type: "refused", reason: refusal.reason, ...(hint === undefined ? {} : { hint }) };
}

/** Reads an answer into `reply`, until it says itself that it is through. @throws Broken, ToolError `context-overflow`, Error when it breaks off */
async function read(response: IncomingMessage, endpoint: Endpoint, reply: Reply, vigil: Vigil): Promise<void> {
  const answer = new AnswerReader();
  try {
    for await (const text of response.setEncoding("utf8").iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      vigil.heard();
      if (answer.push(text).some((sent) => took(sent, endpoint, reply))) {
        letGo(response);
        return check(reply, true);
      }
      if (answer.held > MOST_HELD) throw new Broken(`sent more than ${MOST_HELD / 2 ** 20} MiB in one piece`, false);
    }
    check(reply, answer.end().some((sent) => took(sent, endpoint, reply)));
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function check(reply: Reply, ended: boolean): void {
  if (reply.stranger !== null) throw new Broken(otherThan("`choices`", reply.stranger), false);
  if (!ended && !reply.finished) throw new Broken("broke off in the middle of the answer", true);
}

/** Whether there is no more to come. */
function took(sent: Sent, endpoint: Endpoint, reply: Reply): boolean {
  switch (sent.type) {
    case "chunk":
      reply.take(sent.chunk);
      return false;
    case "end":
      return true;
    case "error": {
      const overflow = overflowIn(sent.text);
      if (overflow !== null) throw overflow;
      throw new Broken(`failed at it${saying(sent.text, endpoint)}`, isTemporary(sent.status ?? 0));
    }
    case "garbage":
      throw new Broken(`sent no JSON${saying(sent.text, endpoint)}`, false);
  }
}

/** What may still come is thrown away, so that the connection can be used again; one that is kept open for nothing is closed. */
function letGo(response: IncomingMessage): void {
  const timer = setTimeout(() => response.destroy(), LET_GO_MS).unref();
  response.once("close", () => clearTimeout(timer)).on("error", () => undefined).resume();
}

const LET_GO_MS = 1000;

/** An endpoint does not tell how long it has worked on what: what is known is when the first piece came. */
function measured(asked: number, begun: number | null): GenerateResult["milliseconds"] {
  const now = performance.now();
  return { prompt: (begun ?? now) - asked, reply: now - (begun ?? now) };
}
