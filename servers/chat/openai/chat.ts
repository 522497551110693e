import { EventEmitter } from "node:events";
import { embeddingsOf } from "../../../engines/endpoint/embeddings.ts";
import { type Endpoint, shownUrl } from "../../../engines/endpoint/endpoint.ts";
import { insist } from "../../../engines/endpoint/insist.ts";
import type { EngineEvents, Phase } from "../../../engines/engine.ts";
import { Lanes } from "../../../engines/lanes.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { ChatEngine, GenerateCalls, PerRequest } from "../engine/chat-engine.ts";
import type { EndpointModel, GenerateRequest, GenerateResult } from "../engine/messages.ts";
import { attempt, PATH } from "./attempt.ts";
import { replyFitting } from "./fitting.ts";
import { findModel } from "./models.ts";
import { Habits } from "./options.ts";
import { bodyOf } from "./request.ts";

export interface OpenAiChatOptions extends Endpoint, PerRequest {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** What the endpoint calls its model. */
  readonly model: string;
  /** Further fields of each request, as they are. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
  /** How many requests are sent side by side. */
  readonly parallel: number;
  /** How long the endpoint may say nothing, before a reply and within it. */
  readonly silenceMs: number;
}

/** How often whoever waits is told that the endpoint is still waited for: clients time silence, 30 s unless they say otherwise. */
const NEWS_MS = 10_000;
/** Listing models takes no work. */
const LIST_MS = 15_000;

/** A model behind any endpoint that speaks as OpenAI's does. Source: platform.openai.com/docs/api-reference/chat */
export class OpenAiChat extends EventEmitter<EngineEvents> implements ChatEngine {
  readonly #options: OpenAiChatOptions;
  readonly #lanes: Lanes;
  readonly #habits = new Habits();
  readonly #stopping = new AbortController();
  #sampling: PerRequest["sampling"];
  #model: EndpointModel | null = null;
  #phase: Phase = "down";

  constructor(options: OpenAiChatOptions) {
    super();
    this.#options = options;
    this.#sampling = options.sampling;
    this.#lanes = new Lanes(options);
  }

  get phase(): Phase {
    return this.#phase;
  }

  get counts(): { readonly active: number; readonly waiting: number } {
    return this.#lanes.counts;
  }

  configure({ maxQueue, sampling }: PerRequest): void {
    this.#lanes.maxQueue = maxQueue;
    this.#sampling = sampling;
  }

  /** Asks the endpoint for its models, so that a wrong address, key or name is known before there is work. @throws ToolError as `findModel` does, `stopping` */
  async load(): Promise<EndpointModel> {
    if (this.#phase === "ready" && this.#model !== null) return this.#model;
    if (this.#phase === "stopped") throw this.#stopped();
    const { model: name, parallel } = this.#options;
    this.#phase = "loading";
    try {
      const began = performance.now();
      const { contextSize } = await findModel({ ...this.#options, timeoutMs: LIST_MS }, name, this.#stopping.signal, (reason) => {
        this.#retrying(reason);
        this.emit("progress", { stage: "starting", value: 0, total: 1 });
      });
      this.#model = { backend: "openai", url: shownUrl(this.#options), name, contextSize, parallel, seconds: (performance.now() - began) / 1000 };
      this.#phase = "ready";
      return this.#model;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#phase = "failed";
      throw error;
    }
  }

  /** @throws ToolError `busy`, `endpoint-failed`, `endpoint-unavailable`, `context-overflow`, `timeout`, `cancelled` (or the signal's own), `stopping` */
  generate(given: GenerateRequest, { signal: asked, onToken = () => undefined, onAlive = () => undefined, onQueued }: GenerateCalls = {}): Promise<GenerateResult> {
    const { model, extra, silenceMs } = this.#options;
    const signal = this.#until(asked);
    const reply = (request: GenerateRequest): Promise<GenerateResult> => {
      const asking = { endpoint: this.#options, habits: this.#habits, request, body: bodyOf(model, request, extra), silenceMs, signal, onToken };
      return insist(this.#options, PATH, () => attempt(asking), signal, (reason) => this.#retrying(reason));
    };
    const work = async (): Promise<GenerateResult> => {
      const news = setInterval(onAlive, NEWS_MS);
      try {
        return await replyFitting({ ...this.#sampling, ...given }, reply);
      } finally {
        clearInterval(news);
      }
    };
    return this.#lanes.run(work, { signal, onQueued, admitted: given.turn !== undefined });
  }

  /** @throws ToolError as `generate` does */
  embed(texts: readonly string[], { signal: asked, onQueued }: Pick<GenerateCalls, "signal" | "onQueued"> = {}): Promise<number[][]> {
    const { model } = this.#options;
    const signal = this.#until(asked);
    const said = texts.filter((text) => text.trim() !== "");
    const work = async (): Promise<number[][]> => {
      const vectors = (await embeddingsOf(this.#options, { model, texts: said, dimensions: null }, signal, (reason) => this.#retrying(reason))).map(unit);
      const zeros = Array.from<number>({ length: vectors[0]?.length ?? 0 }).fill(0);
      return texts.map((text) => (text.trim() === "" ? zeros : vectors.shift()!));
    };
    return this.#lanes.run(work, { signal, onQueued });
  }

  /** @throws ToolError `unsupported`, always: only the endpoint knows its model's tokens, and it cannot be asked */
  countTokens(): Promise<number> {
    return Promise.reject(new ToolError("unsupported", { tool: this.#options.tool, what: "count tokens: its model is behind an endpoint, which cannot be asked for that", hint: "The end of an answer tells how many its prompt had" }));
  }

  stop(): Promise<void> {
    this.#phase = "stopped";
    this.#stopping.abort(this.#stopped());
    return Promise.resolve();
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
  }

  #retrying(reason: string): void {
    this.emit("log", "warn", reason);
  }

  #stopped(): ToolError {
    return new ToolError("stopping", { tool: this.#options.tool });
  }
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}
