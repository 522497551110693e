import { join } from "node:path";
import { type Opening, Residence, type ResidenceEvents } from "../../engines/residence.ts";
import { resolveModel } from "../../models/resolve.ts";
import { places } from "../../pipes/protocol/places.ts";
import { type ChatSettings, chatDefaults } from "../../pipes/protocol/settings/chat.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import { Pace, type Stretch } from "../../pipes/rpc/pace.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import { ensureBuiltinModel } from "./builtin/ensure.ts";
import { Engine } from "./engine/engine.ts";
import type { ChatEngine, PerRequest } from "./engine/chat-engine.ts";
import type { Countable, GenerateRequest, GenerateResult, LoadedModel, Token } from "./engine/messages.ts";

export interface GenerateEvents {
  onToken(token: Token): void;
  /** It no longer waits for the model. */
  onBegin(): void;
}

/** The model that the settings name: fetched, loaded, and kept; whoever wants it before that waits. */
export class Model {
  readonly #tool: string;
  #settings: Readonly<ChatSettings>;
  readonly #residence: Residence<LoadedModel, ChatEngine>;
  readonly #pace = new Pace("tokens/s");

  constructor(tool: string, settings: Readonly<ChatSettings>, events: ResidenceEvents<LoadedModel>) {
    this.#tool = tool;
    this.#settings = settings;
    this.#residence = new Residence<LoadedModel, ChatEngine>({ tool, maxQueue: () => this.#perRequest.maxQueue, open: (opening) => this.#open(opening) }, events);
  }

  get ready(): boolean {
    return this.#residence.ready;
  }

  /** How many wait for it, and how fast it writes. */
  get load(): OwnLoad {
    return { waiting: this.#residence.waiting, rate: this.#pace.rate };
  }

  /** Begins to bring the model, unless that is under way or done. */
  prepare(): void {
    this.#residence.prepare();
  }

  /** Settings that differ only in what needs no other engine. They hold for the requests from now on. */
  configure(settings: Readonly<ChatSettings>): void {
    this.#settings = settings;
    this.#residence.engine?.configure(this.#perRequest);
  }

  async loaded(call: Call): Promise<LoadedModel> {
    const engine = await this.#residence.wait(call);
    return engine.load();
  }

  /** @throws ToolError what the model's or the engine's failure is called, `busy`, `cancelled`, `context-overflow` */
  async generate(request: GenerateRequest, call: Call, events: GenerateEvents): Promise<GenerateResult> {
    const engine = await this.#residence.wait(call);
    events.onBegin();
    const leave = this.#residence.tell(call);
    let writing: Stretch | null = null;
    try {
      return await engine.generate(request, {
        signal: call.signal,
        onToken: (token) => {
          leave();
          if (writing === null) writing = this.#pace.begin(); // from the first token on, whose time is the prompt's
          else writing.add(1);
          call.alive(); // a reply that is sent as a whole shows no token
          events.onToken(token);
        },
        onPrompt: (value, total) => call.progress("prompt", value, total),
        onQueued: (position) => call.queued(position),
      });
    } finally {
      (writing as Stretch | null)?.end();
      leave();
    }
  }

  /** @throws ToolError as `generate` does, `embedding-failed`, `unsupported` */
  async embed(texts: readonly string[], call: Call, onBegin: () => void): Promise<number[][]> {
    const engine = await this.#residence.wait(call);
    onBegin();
    return engine.embed(texts, { signal: call.signal, onQueued: (position) => call.queued(position) });
  }

  /** And how many of them a conversation may have. @throws ToolError as `generate` does, `unsupported` */
  async countTokens(what: Countable, call: Call): Promise<{ readonly count: number; readonly context: number | null }> {
    const engine = await this.#residence.wait(call);
    const { contextSize } = await engine.load();
    return { count: await engine.countTokens(what, { signal: call.signal }), context: contextSize };
  }

  /** Lets go of the weights until the next request. @throws ToolError `busy` while they are being loaded */
  release(): Promise<void> {
    return this.#residence.release();
  }

  close(): Promise<void> {
    return this.#residence.close();
  }

  get #perRequest(): PerRequest {
    return { maxQueue: this.#settings.maxQueue ?? chatDefaults.maxQueue, sampling: { ...chatDefaults, ...this.#settings } };
  }

  async #open({ signal, progress, retrying }: Opening): Promise<ChatEngine> {
    const { model = chatDefaults.model, parallel = chatDefaults.parallel, threads = chatDefaults.threads, gpu = chatDefaults.gpu, gpuLayers = chatDefaults.gpuLayers } = this.#settings;
    const folder = places().models;
    const { path } = await resolveModel(model, {
      folder,
      builtin: ensureBuiltinModel,
      signal,
      onProgress: ({ stage, value, total }) => progress(stage, value, total),
      onRetry: (reason) => retrying({ model, reason }),
    });
    const contextSize = this.#settings.contextSize ?? null;
    return Engine.start({ tool: this.#tool, path, parallel, threads, gpu, gpuLayers, contextSize, threadsCache: join(folder, "threads.json"), ...this.#perRequest });
  }
}
