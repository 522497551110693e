import type { ChatMessage, GenerateRequest, TurnPart } from "../engine/messages.ts";

/** A turn of a conversation as an endpoint takes it. Source: platform.openai.com/docs/api-reference/chat/create */
export type WireMessage =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string | null; readonly tool_calls?: readonly WireCall[] }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

export interface WireCall {
  readonly id: string;
  readonly type: "function";
  /** `arguments` is JSON. */
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The conversation, and what was said and called in this turn already. What the model has thought is not sent: endpoints refuse it. */
export function messagesOf({ messages, turn = [] }: Pick<GenerateRequest, "messages" | "turn">): WireMessage[] {
  return [...messages.map(messageOf), ...turnOf(turn)];
}

function messageOf({ role, content, function_calls: calls = [], id = "" }: ChatMessage): WireMessage {
  if (role === "tool") return { role, tool_call_id: id, content };
  if (role !== "assistant") return { role, content };
  return said(content, calls.map((call, at) => wireCall(call.id ?? madeId(at), call.name, call.arguments)));
}

/** What is called together is one message, with its results behind it. */
function turnOf(turn: readonly TurnPart[]): WireMessage[] {
  const wire: WireMessage[] = [];
  let text = "";
  let calls: WireCall[] = [];
  let results: WireMessage[] = [];
  let made = 0;
  const close = (): void => {
    if (text !== "" || calls.length > 0) wire.push(said(text, calls), ...results);
    [text, calls, results] = ["", [], []];
  };
  for (const part of turn) {
    if (typeof part !== "string" && "segmentType" in part) continue;
    if (calls.length > 0 && (typeof part === "string" || part.first)) close();
    if (typeof part === "string") text += part;
    else {
      const id = idOf(part.raw) ?? madeId(made++);
      calls.push(wireCall(id, part.name, part.params));
      results.push({ role: "tool", tool_call_id: id, content: typeof part.result === "string" ? part.result : JSON.stringify(part.result) });
    }
  }
  close();
  return wire;
}

/** For a call without an id: nine letters and digits, which is what Mistral's endpoint insists on. */
function madeId(place: number): string {
  return `call${String(place + 1).padStart(5, "0")}`;
}

/** What the endpoint has called it; see `Reply`. */
function idOf(raw: unknown): string | undefined {
  return typeof raw === "string" ? raw : undefined;
}

function said(text: string, calls: readonly WireCall[]): WireMessage {
  if (calls.length === 0) return { role: "assistant", content: text };
  return { role: "assistant", content: text === "" ? null : text, tool_calls: calls };
}

/** Arguments that were no object are not repeated: servers read them, and some fail at that. */
function wireCall(id: string, name: string, args: unknown): WireCall {
  return { id, type: "function", function: { name, arguments: JSON.stringify(typeof args === "object" && args !== null ? args : {}) } };
}
