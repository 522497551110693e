import type { Engine } from "../../../engines/engine.ts";
import type { Countable, EndpointModel, GenerateRequest, GenerateResult, LoadedModel, SamplingOptions, Token } from "./messages.ts";

/** What a reply tells while it is made. */
export interface GenerateCalls {
  readonly signal?: AbortSignal;
  readonly onToken?: (token: Token) => void;
  /** How far its prompt has been evaluated, in tokens; not called for a short one, nor by what cannot know. */
  readonly onPrompt?: (value: number, total: number) => void;
  /** It goes on, with nothing to tell: called now and then by what waits for another machine. */
  readonly onAlive?: () => void;
  /** The request has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: (position: number) => void;
}

/** What holds for the requests from now on, without another engine. */
export interface PerRequest {
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
  /** For what a request leaves out. */
  readonly sampling: SamplingOptions;
}

/** What is known of a model once it can be used. */
export type ChatModel = LoadedModel | EndpointModel;

/** What answers: a process with llama.cpp, or an endpoint elsewhere. The rest of the server does not know which. */
export interface ChatEngine extends Engine<ChatModel> {
  /** Requests being answered, and requests that wait. */
  readonly counts: { readonly active: number; readonly waiting: number };
  configure(settings: PerRequest): void;
  /** @throws ToolError `busy`, `context-overflow`, `cancelled` (or the signal's own ToolError), `stopping`, and what its kind dies of */
  generate(request: GenerateRequest, calls?: GenerateCalls): Promise<GenerateResult>;
  /** One vector of unit length for each text, in order, of zeros for a blank one. @throws ToolError as `generate` does, `unsupported` */
  embed(texts: readonly string[], calls?: Pick<GenerateCalls, "signal" | "onQueued">): Promise<number[][]>;
  /** Tokens of a text, or of a conversation as the model is given it. @throws ToolError `unsupported` where nobody can count them */
  countTokens(what: Countable, calls?: Pick<GenerateCalls, "signal">): Promise<number>;
}
