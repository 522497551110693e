import type { LoadedModel as Loaded, Work } from "../../../engines/process/messages.ts";
import type { LlamaLoadRequest } from "../../../engines/llama/request.ts";
import type { ChatSettings } from "../../../pipes/protocol/settings/chat.ts";

/** What the chat server and its engine say to each other. */
export interface ChatWork extends Work {
  readonly load: LoadRequest;
  readonly model: LoadedModel;
  readonly request: GenerateRequest;
  readonly part: ReplyPart;
  readonly result: GenerateResult;
}

export interface LoadRequest extends LlamaLoadRequest {
  /** null: the smaller of 8192 and what the model was trained for, or less when memory is short. */
  readonly contextSize: number | null;
}

export interface LoadedModel extends Loaded {
  readonly path: string;
  /** `general.name` of the file, or its file name. */
  readonly name: string;
  readonly architecture: string;
  /** Size of the weights in bytes. */
  readonly size: number;
  /** Tokens of one conversation; fewer than asked when memory was short. */
  readonly contextSize: number;
  readonly trainedContextSize: number;
  readonly threads: number;
  readonly gpu: "cuda" | "vulkan" | "metal" | false;
  readonly gpuLayers: number;
  /** The chat template's name, as the engine understood it. */
  readonly template: string;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export type SamplingOptions = Pick<ChatSettings, "temperature" | "topP" | "topK" | "minP" | "repeatPenalty" | "seed" | "maxTokens" | "stop">;

/** When the last message is the assistant's, the reply continues it. */
export interface GenerateRequest extends SamplingOptions {
  readonly messages: readonly ChatMessage[];
}

export type ReplyPart =
  | { readonly type: "token"; readonly token: Token }
  /** A long prompt is being evaluated: tokens done, of how many. */
  | { readonly type: "prompt"; readonly value: number; readonly total: number };

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
  readonly milliseconds: { readonly prompt: number; readonly reply: number };
}
