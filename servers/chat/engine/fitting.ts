import type { ChatHistoryItem, Token } from "node-llama-cpp";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { trimmed } from "../trim.ts";
import { historyOf, promptOf } from "./history.ts";
import type { OpenModel } from "./load.ts";
import type { ChatMessage, GenerateRequest } from "./messages.ts";

export interface Prompt {
  readonly history: ChatHistoryItem[];
  readonly prompt: Token[];
  /** How many messages were left out. */
  readonly left: number;
}

/**
 * What a request has evaluated. Where it may be trimmed, it leaves as much room for the reply as that may want, up to a quarter of the context;
 * else a few tokens have to do. @throws ToolError `context-overflow`, what `signal` was aborted with
 */
export async function fittingPrompt(open: OpenModel, request: GenerateRequest, signal: AbortSignal): Promise<Prompt> {
  const { contextSize } = open.facts;
  const quarter = contextSize >> 2;
  const limit = contextSize - Math.min(request.room ?? ROOM, quarter);
  const whole = await wholePrompt(open, request, signal);
  if (request.overflow === "trim") {
    const roomy = contextSize - Math.min(Math.max(request.room ?? ROOM, request.maxTokens ?? quarter), quarter);
    if (whole.tokens <= roomy && whole.made !== null) return whole.made;
    const weights = whole.weights ?? (await weightsOf(open, request.messages, signal));
    const found = trimmedPrompt(open, request, weights, roomy) ?? (whole.tokens <= limit ? whole.made : trimmedPrompt(open, request, weights, limit));
    if (found !== null) return found;
  } else if (whole.tokens <= limit && whole.made !== null) return whole.made;
  throw new ToolError("context-overflow", { tokens: whole.tokens, limit });
}

/** Tokens that a prompt must leave for the reply, unless the request says how many. */
const ROOM = 16;
/** With so many characters to a token of the context it is weighed first: what is several times too long need not be made into a prompt. */
const LONG = 8;

type Weights = ReadonlyMap<ChatMessage, number>;

/** All that was said, and how many tokens that is; `made` is null where it does not fit by far, `weights` where nothing had to be weighed for that. */
async function wholePrompt(open: OpenModel, request: GenerateRequest, signal: AbortSignal): Promise<{ readonly tokens: number; readonly made: Prompt | null; readonly weights: Weights | null }> {
  const { contextSize } = open.facts;
  const isLong = request.messages.reduce((sum, message) => sum + wordsOf(message).length, 0) > LONG * contextSize;
  const weights = isLong ? await weightsOf(open, request.messages, signal) : null;
  const weighed = [...(weights?.values() ?? [])].reduce((sum, weight) => sum + weight, 0);
  if (weighed > 2 * contextSize) return { tokens: weighed, made: null, weights };
  const made = promptFor(open, request, request.messages);
  return { tokens: made.prompt.length, made, weights };
}

async function weightsOf({ weigher }: OpenModel, messages: readonly ChatMessage[], signal: AbortSignal): Promise<Weights> {
  const weights = new Map<ChatMessage, number>();
  for (const message of messages) weights.set(message, await weigher.weigh(wordsOf(message), signal));
  return weights;
}

function wordsOf({ content, function_calls: calls }: ChatMessage): string {
  return calls === undefined ? content : content + JSON.stringify(calls);
}

function trimmedPrompt(open: OpenModel, request: GenerateRequest, weights: Weights, limit: number): Prompt | null {
  let found: Prompt | null = null;
  trimmed(request.messages, {
    weigh: (message) => weights.get(message)!,
    limit,
    step: open.facts.contextSize >> 2,
    fits: (messages) => {
      const made = promptFor(open, request, messages);
      if (made.prompt.length > limit) return false;
      found = made;
      return true;
    },
  });
  return found;
}

function promptFor(open: OpenModel, request: GenerateRequest, messages: readonly ChatMessage[]): Prompt {
  const history = historyOf({ messages, ...(request.turn === undefined ? {} : { turn: request.turn }) });
  return { history, prompt: promptOf(open, history, request), left: request.messages.length - messages.length };
}
