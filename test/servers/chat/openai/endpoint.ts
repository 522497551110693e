import type { ServerResponse } from "node:http";
import type { Token } from "../../../../servers/chat/engine/messages.ts";
import { OpenAiChat, type OpenAiChatOptions } from "../../../../servers/chat/openai/chat.ts";
import { type Asked, type EndpointServer, send, serveEndpoint } from "../../../engines/endpoint/serve.ts";

/** A request to /chat/completions, as far as tests look at it. */
export interface Body extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string | null; readonly tool_calls?: unknown }[];
}
export type Answer = (response: ServerResponse, asked: Asked<Body>, count: number) => void;
export type Endpoint = EndpointServer<Body>;

export const MODELS = { object: "list", data: [{ id: "small", object: "model", max_model_len: 4096 }, { id: "big" }] };

/** An endpoint with two models; `answer` answers what is not about those. */
export function chatEndpoint(answer: Answer = (response) => stream(response, says("Hello", " there")), port = 0): Promise<Endpoint> {
  let count = 0;
  return serveEndpoint<Body>((response, asked) => (asked.path === "GET /v1/models" ? send(response, 200, MODELS) : answer(response, asked, ++count)), port);
}

export function chatOf({ url }: { readonly url: string }, options: Partial<OpenAiChatOptions> = {}): OpenAiChat {
  return new OpenAiChat({ tool: "chat", url, apiKey: null, model: "small", parallel: 2, maxQueue: 4, sampling: {}, silenceMs: 60_000, pauseMs: 1, ...options });
}

export const USAGE = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9, prompt_tokens_details: { cached_tokens: 3 } };

export const chunk = (delta: object, finish: string | null = null): object => ({ object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] });

/** The chunks of a whole reply of these pieces. */
export function says(...pieces: string[]): object[] {
  return [chunk({ role: "assistant", content: "" }), ...pieces.map((content) => chunk({ content })), chunk({}, "stop"), { choices: [], usage: USAGE }];
}

export const eventsOf = (chunks: readonly object[]): string => chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");

/** Sends chunks as an event stream, to its end. */
export function stream(response: ServerResponse, chunks: readonly object[]): void {
  begin(response).end(`${eventsOf(chunks)}data: [DONE]\n\n`);
}

export function begin(response: ServerResponse, text = ""): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  if (text !== "") response.write(text);
  return response;
}

export function hearing(): { readonly tokens: Token[]; readonly onToken: (token: Token) => void } {
  const tokens: Token[] = [];
  return { tokens, onToken: (token) => void tokens.push(token) };
}

export const user = (content: string): { readonly role: "user"; readonly content: string } => ({ role: "user", content });
export const ask = { messages: [user("Hello?")] };
export { send };
