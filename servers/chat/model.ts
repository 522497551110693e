import { type Opening, Residence, type ResidenceEvents } from "../../engines/residence.ts";
import type { ChatSettings } from "../../pipes/protocol/settings/chat.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import { Pace, type Stretch } from "../../pipes/rpc/pace.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import { openBackend, perRequest } from "./backend.ts";
import type { ChatEngine, ChatModel } from "./engine/chat-engine.ts";
import type { Countable, GenerateRequest, GenerateResult, Token } from "./engine/messages.ts";
import { forgetParked } from "./parked.ts";

export interface GenerateEvents {
  onToken(token: Token): void;
  /** It no longer waits for the model. */
  onBegin(): void;
}

/** The model that the settings name: fetched, loaded, and kept, or found at its endpoint; whoever wants it before that waits. */
export class Model {
  readonly #tool: string;
  #settings: Readonly<ChatSettings>;
  readonly #residence: Residence<ChatModel, ChatEngine>;
  readonly #pace = new Pace("tokens/s");

  constructor(tool: string, settings: Readonly<ChatSettings>, events: ResidenceEvents<ChatModel>) {
    this.#tool = tool;
    this.#settings = settings;
    const open = (opening: Opening): Promise<ChatEngine> => openBackend(tool, this.#settings, opening, events.log);
    this.#residence = new Residence<ChatModel, ChatEngine>({ tool, maxQueue: () => perRequest(this.#settings).maxQueue, open }, events);
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
    this.#residence.engine?.configure(perRequest(this.#settings));
  }

  async loaded(call: Call): Promise<ChatModel> {
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
        onAlive: () => call.progress("waiting for the endpoint", 0, null),
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
  async release(): Promise<void> {
    await this.#residence.release();
    await forgetParked(this.#tool);
  }

  async close(): Promise<void> {
    await this.#residence.close();
    await forgetParked(this.#tool);
  }
}
