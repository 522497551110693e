import type { GenerateRequest, SamplingOptions } from "../engine/messages.ts";
import { messagesOf } from "./messages.ts";

/** The body of a request to /chat/completions; what is missing is left to the endpoint. */
export type WireRequest = Readonly<Record<string, unknown>>;

/**
 * Each option of ours under its name at the endpoint. The last three are not OpenAI's, but vLLM, Ollama and llama.cpp know them;
 * none is sent unless tools.yaml or the request names it, so that an endpoint keeps its own defaults.
 */
export const WIRE_NAMES = {
  temperature: "temperature",
  topP: "top_p",
  seed: "seed",
  maxTokens: "max_tokens",
  stop: "stop",
  topK: "top_k",
  minP: "min_p",
  repeatPenalty: "repetition_penalty",
} as const satisfies Record<keyof SamplingOptions, string>;

/** `extra` is what tools.yaml has sent along; nothing of it takes the place of what is meant by a field of ours. */
export function bodyOf(model: string, request: GenerateRequest, extra: WireRequest = {}): WireRequest {
  const { schema, functions = {}, maxCalls } = request;
  const options = (Object.keys(WIRE_NAMES) as (keyof SamplingOptions)[]).filter((key) => request[key] !== undefined && !(key === "stop" && request.stop?.length === 0));
  const tools = Object.entries(functions).map(([name, { description, schema: parameters = NO_ARGUMENTS }]) => ({
    type: "function",
    function: { name, ...(description === undefined ? {} : { description }), parameters },
  }));
  return {
    ...extra,
    model,
    messages: messagesOf(request),
    stream: true,
    stream_options: { include_usage: true },
    ...Object.fromEntries(options.map((key) => [WIRE_NAMES[key], request[key]])),
    ...(schema === undefined ? {} : { response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: false } } }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(tools.length > 0 && maxCalls === 1 ? { parallel_tool_calls: false } : {}),
  };
}

const NO_ARGUMENTS = { type: "object", properties: {} };
