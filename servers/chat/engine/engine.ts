import { engineArguments } from "../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../engines/process/engine.ts";
import type { WorkCalls } from "../../../engines/process/job.ts";
import type { ChatEngine, GenerateCalls, PerRequest } from "./chat-engine.ts";
import type { Answers, ChatRequest, ChatWork, Countable, CountedResult, GenerateRequest, LoadRequest } from "./messages.ts";

export interface EngineOptions extends LoadRequest {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
  /** For what a request leaves out. */
  readonly sampling?: PerRequest["sampling"];
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

/** llama.cpp with a model to talk to. */
export class Engine extends ProcessEngine<ChatWork> implements ChatEngine {
  #sampling: PerRequest["sampling"];

  static start({ tool, maxQueue, sampling = {}, command = engineArguments(PROGRAM), ...load }: EngineOptions): Engine {
    return new Engine({ tool, library: "llama.cpp", maxQueue, command, load }, sampling);
  }

  private constructor(options: ConstructorParameters<typeof ProcessEngine<ChatWork>>[0], sampling: PerRequest["sampling"]) {
    super(options);
    this.#sampling = sampling;
  }

  /** For the requests from now on. What the process was started by stays. */
  configure({ maxQueue, sampling }: PerRequest): void {
    this.maxQueue = maxQueue;
    this.#sampling = sampling;
  }

  /**
   * One reply. Waits while the model loads, and while as many replies are being made as fit side by side.
   * @throws ToolError `busy`, `context-overflow`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`,
   * and what `load` throws
   */
  generate(request: GenerateRequest, { signal, onToken, onPrompt, onQueued }: GenerateCalls = {}): Promise<CountedResult> {
    return this.#asked(
      { kind: "generate", generate: { ...this.#sampling, ...request } },
      { signal, onQueued, admitted: request.turn !== undefined, onPart: (part) => (part.type === "token" ? onToken?.(part.token) : onPrompt?.(part.value, part.total)) },
    );
  }

  /** @throws ToolError what `generate` throws, `context-overflow` for a text that is too long, `embedding-failed` */
  embed(texts: readonly string[], { signal, onQueued }: Pick<GenerateCalls, "signal" | "onQueued"> = {}): Promise<number[][]> {
    return this.#asked({ kind: "embed", texts }, { signal, onQueued });
  }

  /** Nothing is generated for it, so it waits for nobody's reply. */
  countTokens(what: Countable, { signal }: Pick<GenerateCalls, "signal"> = {}): Promise<number> {
    return this.#asked({ kind: "count", ...what }, { signal, beside: true });
  }

  async #asked<K extends keyof Answers>(request: ChatRequest & { readonly kind: K }, calls: WorkCalls<ChatWork>): Promise<Answers[K]> {
    return (await this.ask(request, calls)) as Answers[K];
  }
}

const PROGRAM = "servers/chat/engine/main";
