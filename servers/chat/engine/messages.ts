import type { GbnfJsonSchema, LlamaChatResponseSegment } from "node-llama-cpp";
import type { ErrorCode, Facts } from "../../../pipes/protocol/errors.ts";
import type { ChatSettings } from "../../../pipes/protocol/settings/chat.ts";

/**
 * What the chat server and its engine, a child process, say to each other over Node's IPC channel. Both are of one
 * build, so the types are all the checking there is.
 */
export type Command =
  | { readonly type: "load"; readonly request: LoadRequest }
  | { readonly type: "generate"; readonly id: number; readonly request: GenerateRequest }
  | { readonly type: "cancel"; readonly id: number };

export type Report =
  /** The native library is there; a death before this one is not the model's fault. */
  | { readonly type: "started" }
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly model: LoadedModel }
  | { readonly type: "load-failed"; readonly error: WireError }
  /** A long prompt is being evaluated: tokens done, of how many. */
  | { readonly type: "prompt"; readonly id: number; readonly value: number; readonly total: number }
  | { readonly type: "token"; readonly id: number; readonly token: Token }
  | { readonly type: "done"; readonly id: number; readonly result: GenerateResult }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError }
  | { readonly type: "log"; readonly level: LogLevel; readonly message: string };

export type LogLevel = "error" | "warn" | "info" | "debug";

/** A ToolError on its way between processes. */
export interface WireError {
  readonly code: ErrorCode;
  readonly facts: Facts;
}

export interface LoadRequest extends Required<Pick<ChatSettings, "parallel" | "threads" | "gpu" | "gpuLayers">> {
  readonly path: string;
  /** null: the smaller of 8192 and what the model was trained for, or less when memory is short. */
  readonly contextSize: number | null;
  /** Where measured thread counts are remembered; null measures each time. */
  readonly threadsCache: string | null;
}

/** `value` and `total` are shares of one: a load has no other unit. */
export interface LoadProgress {
  readonly stage: "starting" | "loading" | "measuring";
  readonly value: number;
  readonly total: 1;
}

export interface LoadedModel {
  readonly path: string;
  /** `general.name` of the file, or its file name. */
  readonly name: string;
  readonly architecture: string;
  /** Size of the weights in bytes. */
  readonly size: number;
  /** Tokens of one conversation, and how many are generated side by side; less than asked when memory was short. */
  readonly contextSize: number;
  readonly parallel: number;
  readonly trainedContextSize: number;
  readonly threads: number;
  readonly gpu: "cuda" | "vulkan" | "metal" | false;
  readonly gpuLayers: number;
  /** The chat template's name, as the engine understood it. */
  readonly template: string;
  readonly seconds: number;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export type SamplingOptions = Pick<ChatSettings, "temperature" | "topP" | "topK" | "minP" | "repeatPenalty" | "seed" | "maxTokens" | "stop">;

/** When the last message is the assistant's, the reply continues it. */
export interface GenerateRequest extends SamplingOptions {
  readonly messages: readonly ChatMessage[];
  /** What the model may call in this reply, by name. */
  readonly functions?: Readonly<Record<string, ModelFunction>>;
  /** The most calls that the reply may end in, where the template knows of several at once. */
  readonly maxCalls?: number;
  /** What it has said and called in this turn already; the reply goes on from there, and does not count as another request. */
  readonly turn?: readonly TurnPart[];
  /** Tokens that the prompt has to leave for the reply, but never more than a quarter of the context; 16 where nothing is said. */
  readonly room?: number;
}

/** `params` is a schema as node-llama-cpp takes it: a grammar makes every argument fit it. */
export interface ModelFunction {
  readonly description?: string;
  readonly params?: GbnfJsonSchema;
}

/** A call as the model made it. `raw` is that to the letter, as node-llama-cpp writes it down; without it the call is written from its parts. */
export interface ModelCall {
  readonly name: string;
  readonly params: unknown;
  readonly raw?: unknown;
}
export type TurnPart = string | LlamaChatResponseSegment | (ModelCall & { readonly result: unknown; readonly first: boolean });

/** A piece of the reply as it comes: never empty, never half a character. `thought` is true for what the model thinks aloud first. */
export interface Token {
  readonly text: string;
  readonly thought: boolean;
}

export interface GenerateResult {
  /** Without thoughts. */
  readonly text: string;
  readonly thoughts: string;
  /** `reused` of the prompt's tokens were in the context already. */
  readonly tokens: { readonly prompt: number; readonly reused: number; readonly reply: number };
  /** The model ended it, a text of `stop` did, `maxTokens` did, or the context was full. */
  readonly stopReason: "end" | "stop" | "length" | "context";
  /** The reply waits for what comes of these; empty when it is an answer. */
  readonly calls: readonly ModelCall[];
  /** What was said and thought before those; empty without them. */
  readonly parts: readonly (string | LlamaChatResponseSegment)[];
  readonly milliseconds: { readonly prompt: number; readonly reply: number };
}
