import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelFunctions, ChatModelResponse, LlamaTextJSON, Token as TokenId } from "node-llama-cpp";
import { grammarOf } from "../schema/functions.ts";
import type { OpenModel } from "./load.ts";
import type { FunctionCall, GenerateRequest, TurnPart } from "./messages.ts";
import { valueOf } from "./value.ts";

type Said = ChatModelResponse["response"][number];

/**
 * A conversation as node-llama-cpp has it: what the model says, calls, and is told of that, is one item until the user's next message, and the last
 * item is the reply's.
 */
export function historyOf({ messages, turn = [] }: Pick<GenerateRequest, "messages" | "turn">): ChatHistoryItem[] {
  const history: ChatHistoryItem[] = [];
  const calls = new Map<string | undefined, ChatModelFunctionCall>();
  const response = (): Said[] => {
    const last = history.at(-1);
    if (last?.type === "model") return last.response;
    const begun: Said[] = [];
    history.push({ type: "model", response: begun });
    return begun;
  };
  for (const { role, content, function_calls: made = [], id } of messages) {
    if (role === "system") history.push({ type: "system", text: content });
    else if (role === "user") history.push({ type: "user", text: content });
    else if (role === "tool") Object.assign(calls.get(id) ?? {}, { result: valueOf(content) });
    else {
      if (content !== "" || made.length === 0) response().push(content);
      for (const [place, call] of made.entries()) {
        const item = callOf(call, place === 0);
        calls.set(call.id, item);
        response().push(item);
      }
    }
  }
  response().push(...turn.map(partOf));
  return history;
}

/** The same tokens that LlamaChat will want to have evaluated. */
export function promptOf({ template, model }: OpenModel, chatHistory: ChatHistoryItem[], { functions }: Pick<GenerateRequest, "functions">): TokenId[] {
  return template.generateContextState({ chatHistory, ...(functions === undefined ? {} : { availableFunctions: functionsOf(functions) }) }).contextText.tokenize(model.tokenizer);
}

/** As LlamaChat takes them. */
export function functionsOf(functions: NonNullable<GenerateRequest["functions"]>): ChatModelFunctions {
  const entries = Object.entries(functions).map(([name, { description, schema }]) => [name, { ...(description === undefined ? {} : { description }), ...(schema === undefined ? {} : { params: grammarOf(schema) }) }] as const);
  return Object.fromEntries(entries);
}

function callOf({ name, arguments: params }: FunctionCall, startsNewChunk: boolean): ChatModelFunctionCall {
  return { type: "functionCall", name, params, result: null, startsNewChunk };
}

function partOf(part: TurnPart): Said {
  if (typeof part === "string" || "segmentType" in part) return part;
  const { name, params, raw, result, first } = part;
  return { type: "functionCall", name, params, result, startsNewChunk: first, ...(raw === undefined ? {} : { rawCall: raw as LlamaTextJSON }) };
}
