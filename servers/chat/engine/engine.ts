import { engineArguments } from "../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../engines/process/engine.ts";
import type { ChatWork, GenerateRequest, GenerateResult, LoadRequest, SamplingOptions, Token } from "./messages.ts";

export interface EngineOptions extends LoadRequest {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
  /** For what a request leaves out. */
  readonly sampling?: SamplingOptions;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

export interface GenerateCalls {
  readonly signal?: AbortSignal;
  readonly onToken?: (token: Token) => void;
  /** How far its prompt has been evaluated, in tokens; not called for a short one. */
  readonly onPrompt?: (value: number, total: number) => void;
  /** The request has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: (position: number) => void;
}

/** llama.cpp with a model to talk to. */
export class Engine extends ProcessEngine<ChatWork> {
  #sampling: SamplingOptions;

  static start({ tool, maxQueue, sampling = {}, command = engineArguments(PROGRAM), ...load }: EngineOptions): Engine {
    return new Engine({ tool, library: "llama.cpp", maxQueue, command, load }, sampling);
  }

  private constructor(options: ConstructorParameters<typeof ProcessEngine<ChatWork>>[0], sampling: SamplingOptions) {
    super(options);
    this.#sampling = sampling;
  }

  /** For the requests from now on. What the process was started by stays. */
  configure({ maxQueue, sampling = {} }: Pick<EngineOptions, "maxQueue" | "sampling">): void {
    this.maxQueue = maxQueue;
    this.#sampling = sampling;
  }

  /**
   * One reply. Waits while the model loads, and while as many replies are being made as fit side by side.
   * @throws ToolError `busy`, `context-overflow`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`,
   * and what `load` throws
   */
  generate(request: GenerateRequest, { signal, onToken, onPrompt, onQueued }: GenerateCalls = {}): Promise<GenerateResult> {
    return this.ask(
      { ...this.#sampling, ...request },
      { signal, onQueued, admitted: request.turn !== undefined, onPart: (part) => (part.type === "token" ? onToken?.(part.token) : onPrompt?.(part.value, part.total)) },
    );
  }
}

const PROGRAM = "servers/chat/engine/main";
