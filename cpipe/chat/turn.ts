import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ChatMessage } from "../../pipes/protocol/interfaces/chat.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { asText } from "../options.ts";

/** What comes of a request while it is answered. */
export interface TurnEvents {
  text(piece: string): void;
  thought(piece: string): void;
  /** `queued`, `progress`, `tool_call`, `tool_result`. */
  news(event: ToolEvent): void;
}

/** How a request has ended. */
export interface TurnEnd {
  readonly text: string;
  /** The user has stopped it. */
  readonly stopped: boolean;
  /** It could not be answered, or not to the end. */
  readonly error: ToolError | null;
  /** The last event, with what was counted; null where there was none. */
  readonly final: ToolEvent | null;
}

export interface TurnRequest {
  readonly messages: readonly ChatMessage[];
  /** Fields of the request beside the messages. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Longest silence in ms. */
  readonly timeout: number;
}

/** Has the model answer. Never throws: what went wrong is part of the end. */
export async function takeTurn(client: Pick<ToolClient, "stream">, { messages, fields, signal, timeout }: TurnRequest, events: TurnEvents): Promise<TurnEnd> {
  let text = "";
  try {
    for await (const event of client.stream("chat", { ...fields, messages: inTurns(messages) }, { signal, timeout, idempotent: true, onInterim: (news) => events.news(news) })) {
      const thought = asText(event["thought"]);
      if (thought !== "") events.thought(thought);
      if (isFinal(event)) return { text, stopped: false, error: null, final: event };
      const piece = asText(event["text"]);
      if (piece === "" || signal.aborted) continue; // what comes after the end is nothing that was seen
      text += piece;
      events.text(piece);
    }
    return { text, stopped: signal.aborted, error: null, final: null };
  } catch (thrown) {
    return { text, stopped: signal.aborted, error: signal.aborted ? null : ToolError.from(thrown), final: null };
  }
}

/** A model knows only turns that take turns: what was said after a message without an answer goes below that. */
export function inTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role === message.role) turns[turns.length - 1] = { role: last.role, content: `${last.content}\n\n${message.content}` };
    else turns.push(message);
  }
  return turns;
}
