import type { GenerateResult } from "./messages.ts";

/** Two parts of one answer. Of the prompt's tokens the last count holds all others; what was generated, and the time, are sums. */
export function added(before: GenerateResult, { tokens, milliseconds, ...last }: GenerateResult): GenerateResult {
  return {
    ...last,
    thoughts: before.thoughts + last.thoughts,
    tokens: tokens === null || before.tokens === null ? null : { ...tokens, reply: before.tokens.reply + tokens.reply },
    milliseconds: { prompt: before.milliseconds.prompt + milliseconds.prompt, reply: before.milliseconds.reply + milliseconds.reply },
  };
}
