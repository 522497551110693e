import type { LlamaChatResponseSegment } from "node-llama-cpp";
import type { LoadedModel as Loaded, Work } from "../../../engines/process/messages.ts";
import type { LlamaLoadRequest } from "../../../engines/llama/request.ts";
import type { Schema } from "../../../pipes/protocol/interfaces/arguments.ts";
import type { ChatMessage, FunctionCall } from "../../../pipes/protocol/interfaces/chat.ts";
import type { ChatSettings } from "../../../pipes/protocol/settings/chat.ts";

/** What the chat server and its engine say to each other. */
export interface ChatWork extends Work {
  readonly load: LoadRequest;
  readonly model: LoadedModel;
  readonly request: ChatRequest;
  readonly input: never;
  readonly part: ReplyPart;
  readonly result: Answers[keyof Answers];
}

/** What an engine is asked, by its kind, and what answers that. */
export type ChatRequest = { readonly kind: "generate"; readonly generate: GenerateRequest } | { readonly kind: "embed"; readonly texts: readonly string[] } | ({ readonly kind: "count" } & Countable);
export interface Answers {
  readonly generate: CountedResult;
  readonly embed: number[][];
  readonly count: number;
}

/** A text, or a conversation with what the model is offered in it. */
export type Countable = { readonly text: string } | Pick<GenerateRequest, "messages" | "functions">;

export interface LoadRequest extends LlamaLoadRequest {
  /** null: the smaller of 8192 and what the model was trained for, or less when memory is short. */
  readonly contextSize: number | null;
  /** Where conversations are kept that have lost their context to others, and how many bytes of them; null keeps none. */
  readonly parked: { readonly folder: string; readonly bytes: number } | null;
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

/** What is known of a model behind an endpoint. */
export interface EndpointModel extends Loaded {
  readonly backend: "openai";
  /** Without a name or a password in it. */
  readonly url: string;
  readonly name: string;
  /** Tokens of one conversation; null where the endpoint does not tell. */
  readonly contextSize: number | null;
}

export type { ChatMessage, FunctionCall };

export type SamplingOptions = Pick<ChatSettings, "temperature" | "topP" | "topK" | "minP" | "repeatPenalty" | "seed" | "maxTokens" | "stop">;

/** When the last message is the assistant's, the reply continues it. */
export interface GenerateRequest extends SamplingOptions {
  /** As `orderly` makes them: each call has an id, its results follow it, and each names its call. */
  readonly messages: readonly ChatMessage[];
  /** What becomes of a conversation that is too long: `trim` leaves out its oldest turns, which the result says; else it is refused. */
  readonly overflow?: ChatSettings["overflow"];
  /** What the model may call in this reply, by name. */
  readonly functions?: Readonly<Record<string, ModelFunction>>;
  /** A JSON Schema that the reply fits; the server checks it afterwards, since no engine enforces all of one. Functions are told beside it, and none is called. */
  readonly schema?: Schema;
  /** The most calls that the reply may end in, where the template knows of several at once. */
  readonly maxCalls?: number;
  /** What it has said and called in this turn already; the reply goes on from there, and does not count as another request. */
  readonly turn?: readonly TurnPart[];
  /** Tokens that the prompt has to leave for the reply, but never more than a quarter of the context; 16 where nothing is said. */
  readonly room?: number;
}

export type ReplyPart =
  | { readonly type: "token"; readonly token: Token }
  /** A long prompt is being evaluated: tokens done, of how many. */
  | { readonly type: "prompt"; readonly value: number; readonly total: number };

/** `schema` is the JSON Schema of its arguments, an object; without one it takes none. Each backend says it in its own way. */
export interface ModelFunction {
  readonly description?: string;
  readonly schema?: Schema;
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
  /** How many of the oldest messages were left out, because the context had no room for them. */
  readonly trimmed: number;
  readonly thoughts: string;
  /** `reused` of the prompt's tokens were in the context already. null where nobody has counted. */
  readonly tokens: { readonly prompt: number; readonly reused: number; readonly reply: number } | null;
  /** The model ended it, a text of `stop` did, `maxTokens` did, the context was full, or an endpoint's filter held it back. */
  readonly stopReason: "end" | "stop" | "length" | "context" | "filter";
  /** The reply waits for what comes of these; empty when it is an answer. */
  readonly calls: readonly ModelCall[];
  /** What was said and thought before those; empty without them. */
  readonly parts: readonly (string | LlamaChatResponseSegment)[];
  readonly milliseconds: { readonly prompt: number; readonly reply: number };
}

/** Of an engine that counts its tokens itself. */
export type CountedResult = GenerateResult & { readonly tokens: NonNullable<GenerateResult["tokens"]> };
