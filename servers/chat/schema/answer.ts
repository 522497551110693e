import { ToolError } from "../../../pipes/protocol/errors.ts";
import { added } from "../engine/added.ts";
import type { GenerateRequest, GenerateResult, Token } from "../engine/messages.ts";
import type { Form } from "./form.ts";

export interface AnswerCalls {
  readonly generate: (request: GenerateRequest, onToken: (token: Token) => void) => Promise<GenerateResult>;
  readonly onToken: (token: Token) => void;
  /** A token has been made that is not sent yet. */
  readonly onHeld: () => void;
}

/**
 * An answer of a form. Where a grammar holds the model to all of it, it is sent as it comes; else as a whole, once it has been looked at, and where
 * it does not fit there is a second attempt, unless the request's own seed would make the same again. @throws ToolError `answer-invalid`
 */
export async function answerInForm(form: Form, request: GenerateRequest, { generate, onToken, onHeld }: AnswerCalls): Promise<GenerateResult> {
  if (form.exact) {
    const result = await generate(request, onToken);
    form.check(result);
    return result;
  }
  let before: GenerateResult | null = null;
  for (;;) {
    const last = await generate(request, (token) => (token.thought ? onToken(token) : onHeld()));
    const result: GenerateResult = before === null ? last : added(before, last);
    try {
      form.check(last);
      onToken({ text: last.text, thought: false });
      return result;
    } catch (error) {
      if (before !== null || request.seed !== undefined || last.stopReason !== "end" || !(error instanceof ToolError)) throw error;
      before = last;
    }
  }
}
