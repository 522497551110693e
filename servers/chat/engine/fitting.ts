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
 * else a few tokens have to do. @throws ToolError `context-overflow`
 */
export function fittingPrompt(open: OpenModel, request: GenerateRequest): Prompt {
  const { contextSize } = open.facts;
  const quarter = contextSize >> 2;
  const limit = contextSize - Math.min(request.room ?? ROOM, quarter);
  const whole = promptFor(open, request, request.messages);
  if (request.overflow === "trim") {
    const roomy = contextSize - Math.min(Math.max(request.room ?? ROOM, request.maxTokens ?? quarter), quarter);
    if (whole.prompt.length <= roomy) return whole;
    const found = trimmedPrompt(open, request, roomy) ?? (whole.prompt.length <= limit ? whole : trimmedPrompt(open, request, limit));
    if (found !== null) return found;
  } else if (whole.prompt.length <= limit) return whole;
  throw new ToolError("context-overflow", { tokens: whole.prompt.length, limit });
}

/** Tokens that a prompt must leave for the reply, unless the request says how many. */
const ROOM = 16;

function trimmedPrompt(open: OpenModel, request: GenerateRequest, limit: number): Prompt | null {
  const { model, facts } = open;
  const weights = new Map<ChatMessage, number>();
  const weighed = ({ content, function_calls: calls }: ChatMessage): number => model.tokenize(content + (calls === undefined ? "" : JSON.stringify(calls))).length;
  for (const message of request.messages) weights.set(message, weighed(message));
  let found: Prompt | null = null;
  trimmed(request.messages, {
    weigh: (message) => weights.get(message)!,
    limit,
    step: facts.contextSize >> 2,
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
