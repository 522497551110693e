import type { Phase } from "../../engines/engine.ts";
import { type Opening, Residence, type ResidenceEvents, type Waiter } from "../../engines/residence.ts";
import type { WorkCalls } from "../../engines/process/job.ts";
import { Pace, REAL_TIME } from "../../pipes/rpc/pace.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import { type SttSettings, sttDefaults } from "../../pipes/protocol/settings/stt.ts";
import { chooseModel } from "./choose.ts";
import { SpeechEngine } from "./engine/engine.ts";
import type { ListenRequest, ListenResult, SpeechModel, SpeechWork } from "./engine/messages.ts";

export interface ListenCalls extends Pick<WorkCalls<SpeechWork>, "inputs" | "onPart" | "beside"> {
  /** It no longer waits for the model. */
  readonly onBegin?: () => void;
}

/** The model that the settings name: found or fetched, loaded, and kept; whoever wants it before that waits. */
export class Model {
  readonly #tool: string;
  #settings: Readonly<SttSettings>;
  readonly #residence: Residence<SpeechModel, SpeechEngine>;
  readonly #pace = new Pace(REAL_TIME);

  constructor(tool: string, settings: Readonly<SttSettings>, events: ResidenceEvents<SpeechModel>) {
    this.#tool = tool;
    this.#settings = settings;
    this.#residence = new Residence<SpeechModel, SpeechEngine>({ tool, maxQueue: () => this.#maxQueue, open: (opening) => this.#open(opening) }, events);
  }

  /** Null while there is none: it is being fetched, was released, or cannot be had. */
  get phase(): Phase | null {
    return this.#residence.engine?.phase ?? null;
  }

  /** How many recordings wait, and how many seconds of sound are understood in one; a microphone has nobody hurry. */
  get load(): OwnLoad {
    return { waiting: this.#residence.waiting, rate: this.#pace.rate };
  }

  /** Begins to bring the model, unless that is under way or done. */
  prepare(): void {
    this.#residence.prepare();
  }

  /** Settings that differ only in what needs no other engine. */
  configure(settings: Readonly<SttSettings>): void {
    this.#settings = settings;
    this.#residence.engine?.configure({ maxQueue: this.#maxQueue });
  }

  async loaded(waiter: Waiter): Promise<SpeechModel> {
    const engine = await this.#residence.wait(waiter);
    return engine.load();
  }

  /** @throws ToolError what the model's or the engine's failure is called, `busy`, `cancelled`, and what `SpeechEngine.listen` throws */
  async listen(request: ListenRequest, waiter: Waiter, { onBegin, onPart, ...calls }: ListenCalls): Promise<ListenResult> {
    const engine = await this.#residence.wait(waiter);
    const leave = this.#residence.tell(waiter); // an engine that has died is loaded beneath it
    try {
      await engine.load();
      onBegin?.();
      const paced = calls.beside === true ? null : this.#paced();
      try {
        const result = await engine.listen(request, {
          ...calls,
          signal: waiter.signal,
          onPart: (part) => {
            leave();
            if (part.type === "progress") paced?.reached(part.seconds);
            onPart?.(part);
          },
          onQueued: (position) => waiter.queued(position),
        });
        paced?.reached(result.seconds);
        return result;
      } finally {
        paced?.end();
      }
    } finally {
      leave();
    }
  }

  /** One recording: `reached` takes how far it has been heard, in seconds. */
  #paced(): { reached(seconds: number): void; end(): void } {
    const stretch = this.#pace.begin();
    let heard = 0;
    return {
      reached: (seconds) => {
        stretch.add(seconds - heard);
        heard = seconds;
      },
      end: () => stretch.end(),
    };
  }

  /** Lets go of the model until the next request. @throws ToolError `busy` while it is being loaded */
  release(): Promise<void> {
    return this.#residence.release();
  }

  close(): Promise<void> {
    return this.#residence.close();
  }

  get #maxQueue(): number {
    return this.#settings.maxQueue ?? sttDefaults.maxQueue;
  }

  async #open(opening: Opening): Promise<SpeechEngine> {
    const { parallel = sttDefaults.parallel } = this.#settings;
    const chosen = await chooseModel(this.#tool, this.#settings, opening);
    return SpeechEngine.start({ tool: this.#tool, maxQueue: this.#maxQueue, parallel, ...chosen });
  }
}
