import type { ChatWrapper, LlamaContextSequence, LlamaModel, LlamaText, Token } from "node-llama-cpp";
import { align, type Aligned, type Pieces } from "./align.ts";
import { functionsOf } from "./history.ts";
import type { GenerateRequest } from "./messages.ts";

/**
 * The template of a reply, whose prompt is made of the tokens that the slot holds, as far as it says the same. `told` are functions that it tells of
 * although none may be called: LlamaChat takes a grammar or functions.
 */
export function keeping(template: ChatWrapper, slot: LlamaContextSequence, told: GenerateRequest["functions"]): ChatWrapper {
  const functions = told === undefined ? {} : { availableFunctions: functionsOf(told) };
  const generateContextState: ChatWrapper["generateContextState"] = (options) => {
    const state = template.generateContextState({ ...options, ...functions });
    return { ...state, contextText: withTokens(state.contextText, (tokens) => alignedTo(slot, tokens).tokens) };
  };
  return Object.assign(Object.create(template) as ChatWrapper, { generateContextState });
}

/** A prompt in the tokens that the slot holds, as far as they say the same. */
export function alignedTo(slot: LlamaContextSequence, prompt: readonly Token[]): Aligned<Token> {
  return align(slot.contextTokens, prompt, piecesOf(slot.model));
}

function withTokens(text: LlamaText, change: (tokens: Token[]) => Token[]): LlamaText {
  const tokenize: LlamaText["tokenize"] = (...how) => change(text.tokenize(...how));
  return Object.assign(Object.create(text) as LlamaText, { tokenize });
}

function piecesOf(model: LlamaModel): Pieces<Token> {
  return {
    piece: (token, before) => {
      if (model.isSpecialToken(token)) return null;
      const text = model.detokenize([token], true, before === undefined ? [] : [before]);
      return text.includes("\ufffd") ? null : text;
    },
  };
}
