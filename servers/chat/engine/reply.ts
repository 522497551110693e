import { randomInt } from "node:crypto";
import type { ChatHistoryItem, ChatModelFunctions, LlamaContextSequence, LlamaGrammar, LLamaChatGenerateResponseOptions, Token as TokenId } from "node-llama-cpp";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Schema } from "../../../pipes/protocol/interfaces/arguments.ts";
import { gbnfOf } from "../schema/gbnf.ts";
import { withoutNulls } from "../schema/nulls.ts";
import { fittingPrompt } from "./fitting.ts";
import { functionsOf } from "./history.ts";
import { alignedTo, keeping } from "./keeping.ts";
import type { OpenModel } from "./load.ts";
import type { CountedResult, GenerateRequest, GenerateResult, ModelCall, Token } from "./messages.ts";

export interface ReplyCalls {
  readonly onToken: (token: Token) => void;
  /** After each piece of a prompt that takes several: tokens done, of how many. */
  readonly onPrompt: (value: number, total: number) => void;
}

/**
 * One reply. The prompt is counted before anything is evaluated: node-llama-cpp would shorten a long one in silence.
 * @throws ToolError `context-overflow`, or what `signal` was aborted with
 */
export async function reply(open: OpenModel, request: GenerateRequest, signal: AbortSignal, calls: ReplyCalls): Promise<CountedResult> {
  const { history, prompt: plain, left } = await fittingPrompt(open, request, signal);

  const slot = open.slots.take((one) => alignedTo(one, plain).shared);
  let prompt = plain;
  try {
    const begun = performance.now();
    await open.shelf?.exchange(slot, (held) => alignedTo(slot, plain, held).shared);
    prompt = alignedTo(slot, plain).tokens;
    const reused = await evaluatePrompt(open, slot, prompt, signal, calls.onPrompt);
    const evaluated = performance.now();
    const said = await generate(open, slot, history, request, open.facts.contextSize - (request.functions === undefined ? CUSHION : CALL_CUSHION) - prompt.length, signal, calls.onToken);
    return {
      ...said,
      trimmed: left,
      tokens: { prompt: prompt.length, reused, reply: said.tokens },
      milliseconds: { prompt: evaluated - begun, reply: performance.now() - evaluated },
    };
  } finally {
    open.slots.giveBack(slot, prompt.length);
  }
}

/** node-llama-cpp starts to forget the conversation's beginning when so few are left; before that the reply ends. */
const CUSHION = 4;
/** A call is written into the context anew once it is complete, and ends by tokens that are not part of it. */
const CALL_CUSHION = 64;

/**
 * Evaluates all but the last token in pieces, because LlamaChat would do it in one that no signal can interrupt.
 * Resolves with how many tokens were there from an earlier turn.
 */
async function evaluatePrompt({ pace }: OpenModel, slot: LlamaContextSequence, prompt: TokenId[], signal: AbortSignal, onPrompt: ReplyCalls["onPrompt"]): Promise<number> {
  const wanted = prompt.slice(0, -1);
  await slot.adaptStateToTokens(wanted, false);
  const reused = slot.nextTokenIndex;
  while (slot.nextTokenIndex < wanted.length) {
    signal.throwIfAborted();
    const chunk = wanted.slice(slot.nextTokenIndex, slot.nextTokenIndex + pace.chunk);
    const begun = performance.now();
    await slot.evaluateWithoutGeneratingNewTokens(chunk);
    pace.learn(chunk.length, performance.now() - begun);
    if (slot.nextTokenIndex < wanted.length) onPrompt(slot.nextTokenIndex, wanted.length);
  }
  signal.throwIfAborted();
  return reused;
}

interface Said {
  readonly text: string;
  readonly thoughts: string;
  readonly tokens: number;
  readonly stopReason: GenerateResult["stopReason"];
  readonly calls: readonly ModelCall[];
  readonly parts: GenerateResult["parts"];
}

async function generate(
  { open, template }: OpenModel,
  slot: LlamaContextSequence,
  history: ChatHistoryItem[],
  request: GenerateRequest,
  room: number,
  signal: AbortSignal,
  onToken: (token: Token) => void,
): Promise<Said> {
  const said = { text: "", thoughts: "", tokens: 0 };
  const chat = new open.library.LlamaChat({ contextSequence: slot, chatWrapper: keeping(template, slot, request.schema === undefined ? undefined : request.functions) });
  const maxTokens = Math.min(request.maxTokens ?? Number.POSITIVE_INFINITY, room);
  try {
    const before = slot.tokenMeter.getState();
    const { metadata, fullResponse, functionCalls = [] } = await chat.generateResponse<ChatModelFunctions>(history, {
      ...samplingOf(request),
      ...(request.schema === undefined ? callsOf(request) : { grammar: await grammarOf(open, request.schema) }),
      maxTokens,
      signal,
      onResponseChunk: ({ text, type }) => {
        if (text === "") return;
        const thought = type === "segment";
        said[thought ? "thoughts" : "text"] += text;
        onToken({ text, thought });
      },
    });
    const tokens = slot.tokenMeter.diff(before).usedOutputTokens;
    const calls = functionCalls.map(({ functionName: name, params, raw }) => ({ name, params: withoutNulls(request.functions?.[name]?.schema ?? {}, params ?? {}), raw }));
    return { ...said, parts: calls.length === 0 ? [] : fullResponse, tokens, calls, stopReason: stopReason(metadata.stopReason, maxTokens === request.maxTokens) };
  } finally {
    chat.dispose();
  }
}

function samplingOf(request: GenerateRequest): Pick<LLamaChatGenerateResponseOptions, "temperature" | "topP" | "topK" | "minP" | "repeatPenalty" | "seed" | "customStopTriggers"> {
  const { temperature, topP, topK, minP, repeatPenalty, seed, stop } = request;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
    repeatPenalty: repeatPenalty === undefined || repeatPenalty === 1 ? false : { penalty: repeatPenalty },
    // Its own default is the time in seconds: two replies of one second would be the same.
    seed: seed ?? randomInt(2 ** 32),
    ...(stop === undefined || stop.length === 0 ? {} : { customStopTriggers: stop }),
  };
}

/** @throws ToolError `invalid-request` for what llama.cpp makes no grammar of */
async function grammarOf({ llama }: OpenModel["open"], schema: Schema): Promise<LlamaGrammar> {
  try {
    return await llama.createGrammar({ grammar: gbnfOf(schema).text, trimWhitespaceSuffix: true });
  } catch (error) {
    throw new ToolError("invalid-request", { path: "$.schema", expected: "a schema that llama.cpp makes a grammar of", got: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
}

function callsOf({ functions, maxCalls }: GenerateRequest): { functions?: ChatModelFunctions; maxParallelFunctionCalls?: number } {
  if (functions === undefined) return {};
  return { functions: functionsOf(functions), ...(maxCalls === undefined ? {} : { maxParallelFunctionCalls: maxCalls }) };
}

function stopReason(reason: string, asked: boolean): GenerateResult["stopReason"] {
  if (reason === "customStopTrigger") return "stop";
  if (reason === "maxTokens") return asked ? "length" : "context";
  return "end";
}
