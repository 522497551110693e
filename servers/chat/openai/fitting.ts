import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { ChatMessage, GenerateRequest, GenerateResult } from "../engine/messages.ts";
import { trimmed } from "../trim.ts";
import { messagesOf } from "./messages.ts";

/**
 * A reply, where it may be trimmed without the oldest turns of a conversation that the endpoint finds too long. Nobody here can count its tokens: how many
 * there are is read from the refusal, and which of the messages have how many is told by their length. @throws ToolError `context-overflow`, and what `ask` throws
 */
export async function replyFitting(request: GenerateRequest, ask: (request: GenerateRequest) => Promise<GenerateResult>): Promise<GenerateResult> {
  for (let messages: readonly ChatMessage[] | null = request.messages; ; ) {
    const fitting: GenerateRequest = { ...request, messages };
    try {
      const result = await ask(fitting);
      return { ...result, trimmed: request.messages.length - messages.length };
    } catch (error) {
      if (request.overflow !== "trim" || !(error instanceof ToolError) || error.code !== "context-overflow") throw error;
      messages = shorter(fitting, Number(error.facts["tokens"]), Number(error.facts["limit"]));
      if (messages === null) throw error;
    }
  }
}

/** @param tokens of the whole, of which the context holds `limit` */
function shorter({ messages, turn = [], functions = {} }: GenerateRequest, tokens: number, limit: number): readonly ChatMessage[] | null {
  const lengthOf = (value: unknown): number => JSON.stringify(value).length;
  const own = messagesOf({ messages }).reduce((sum, message) => sum + lengthOf(message), 0);
  const rate = tokens / (own + lengthOf(messagesOf({ messages: [], turn })) + lengthOf(functions));
  const quarter = limit >> 2;
  // As much room for the reply as a model on this machine leaves.
  return trimmed(messages, { weigh: (message) => lengthOf(messagesOf({ messages: [message] })[0]) * rate, fits: () => true, limit: limit - quarter - (tokens - own * rate), step: quarter });
}
