import { ToolError } from "../../../pipes/protocol/errors.ts";

/**
 * Reads from a refusal that the conversation is longer than the model's context. Each engine says it in its own words: OpenAI, vLLM and OpenRouter
 * "maximum context length is N tokens … M tokens", llama.cpp's server with fields, Anthropic's "prompt is too long: M tokens > N maximum".
 * null where it is something else, or the numbers are not told.
 */
export function overflowIn(text: string): ToolError | null {
  const told = fieldsIn(text) ?? wordsIn(text);
  if (told === null || told.tokens <= told.limit) return null;
  return new ToolError("context-overflow", { ...told, hint: "Shorten it; the endpoint has no room for more" });
}

interface Told {
  readonly tokens: number;
  readonly limit: number;
}

function fieldsIn(text: string): Told | null {
  const [tokens, limit] = [/"n_prompt_tokens"\s*:\s*(\d+)/, /"n_ctx"\s*:\s*(\d+)/].map((field) => Number(field.exec(text)?.[1]));
  return tokens! > 0 && limit! > 0 ? { tokens: tokens!, limit: limit! } : null;
}

function wordsIn(text: string): Told | null {
  if (!/context|prompt is too long/i.test(text)) return null;
  const limit = LIMITS.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  const tokens = TOKENS.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  return limit === undefined || tokens === undefined ? null : { tokens: Number(tokens), limit: Number(limit) };
}

const LIMITS = [/context (?:length|size|window) (?:of only |of |is )?\(?(\d+)/i, />\s*(\d+) maximum/i] as const;
const TOKENS = [/(?:resulted in|requested about|requested|request has|prompt has|request \(|first|too long:|input has)\s*(\d+)\s*(?:input )?tokens/i] as const;
