import { type Opening, Residence, type ResidenceEvents, type Waiter } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { Pace, REAL_TIME } from "../../pipes/rpc/pace.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import { type TtsSettings, ttsDefaults } from "../../pipes/protocol/settings/tts.ts";
import { Espeak } from "./espeak/espeak.ts";
import { fluency } from "./languages.ts";
import { engineOf, openSynthesizer } from "./open.ts";
import type { SpeakCalls, SpeechModel, Synthesizer, Voice } from "./synthesizer.ts";
import { choose, type Manner } from "./voices.ts";

/** Of a sample: mono s16le. */
const BYTES = 2;

/** Somebody who can say one text. */
export interface Speaker {
  /** Samples a second. */
  readonly rate: number;
  /** @throws ToolError, see `Synthesizer.speak` */
  speak(calls: SpeakCalls): Promise<void>;
}

/** The engine that the settings name, fetched, loaded and kept, and beside it espeak-ng for what that has no voice for. */
export class Speech {
  readonly #tool: string;
  #settings: Readonly<TtsSettings>;
  readonly #main: Residence<SpeechModel, Synthesizer>;
  readonly #espeak: Espeak;
  /** The main engine's model since it was loaded, until it is released. */
  #model: SpeechModel | null = null;
  readonly #pace = new Pace(REAL_TIME);

  constructor(tool: string, settings: Readonly<TtsSettings>, events: ResidenceEvents<SpeechModel>) {
    this.#tool = tool;
    this.#settings = settings;
    const maxQueue = (): number => this.#settings.maxQueue ?? ttsDefaults.maxQueue;
    const ready = (model: SpeechModel): void => {
      this.#model = model;
      events.ready(model);
    };
    const open = (opening: Opening): Promise<Synthesizer> => openSynthesizer(tool, this.#settings, opening);
    this.#main = new Residence<SpeechModel, Synthesizer>({ tool, maxQueue, open }, { ...events, log: events.log, ready });
    this.#espeak = new Espeak({ tool, maxQueue: () => Number.POSITIVE_INFINITY });
  }

  /** It speaks when asked, though its process may have to be started again. */
  get ready(): boolean {
    const phase = this.#main.engine?.phase;
    return this.#model !== null && phase !== undefined && phase !== "failed" && phase !== "stopped";
  }

  /** How many texts wait, and how many seconds of sound are made in one. */
  get load(): OwnLoad {
    return { waiting: this.#main.waiting, rate: this.#pace.rate };
  }

  /** Begins to bring the engine, unless that is under way or done. */
  prepare(): void {
    this.#main.prepare();
  }

  /** Settings that differ only in what needs no other engine. */
  configure(settings: Readonly<TtsSettings>): void {
    this.#settings = settings;
  }

  async model(waiter: Waiter): Promise<SpeechModel> {
    const engine = await this.#main.wait(waiter);
    return engine.load();
  }

  /** All voices, or those that speak a language. */
  async voices(language: string | undefined, waiter: Waiter): Promise<Array<Voice & { readonly engine: string }>> {
    const main = await this.model(waiter);
    const others = this.#hasOthers ? await this.#espeak.load().catch(() => null) : null; // not installed: then there are none
    const all = [main, ...(others === null ? [] : [others])].flatMap((model) => model.voices.map((voice) => ({ ...voice, engine: model.engine })));
    return language === undefined ? all : all.filter((voice) => fluency(voice, language) > 0);
  }

  /** Refuses what is known to be wrong without anything being loaded. @throws ToolError `invalid-request`, `unsupported` */
  check(text: string, manner: Manner): void {
    if (this.#model !== null) choose(text, manner, this.#settings, { tool: this.#tool, main: this.#model.voices, others: this.#hasOthers ? null : [] });
  }

  /** Who says the text. Waits while the engine is loaded. @throws ToolError `invalid-request`, `unsupported`, and what loading throws */
  async speaker(text: string, manner: Manner, waiter: Waiter): Promise<Speaker> {
    const engine = await this.#main.wait(waiter);
    const model = await engine.load();
    const ladder = { tool: this.#tool, main: model.voices, others: this.#hasOthers ? null : [] };
    const choice = choose(text, manner, this.#settings, ladder) ?? choose(text, manner, this.#settings, { ...ladder, ...(await this.#others()) })!;
    const [by, rate] = choice.engine === "main" ? [engine, model.rate] : [this.#espeak, (await this.#espeak.load()).rate];
    const utterance = { text, voice: choice.voice, language: choice.language, speed: manner.speed ?? this.#settings.speed ?? ttsDefaults.speed };
    return { rate, speak: (calls) => this.#paced(rate, calls, (noted) => by.speak(utterance, noted)) };
  }

  async #paced(rate: number, calls: SpeakCalls, speak: (calls: SpeakCalls) => Promise<void>): Promise<void> {
    const stretch = this.#pace.begin();
    const onPcm = (pcm: Buffer): void => {
      stretch.add(pcm.length / BYTES / rate);
      calls.onPcm(pcm);
    };
    try {
      await speak({ ...calls, onPcm });
    } finally {
      stretch.end();
    }
  }

  /** Lets go of the engine until the next request. @throws ToolError `busy` while it is being loaded */
  async release(): Promise<void> {
    await this.#main.release();
    this.#model = null;
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#espeak.stop()]);
  }

  /** Whether espeak-ng speaks what the main engine cannot. */
  get #hasOthers(): boolean {
    return (this.#settings.engine ?? ttsDefaults.engine) === "auto" && engineOf(this.#settings) !== "espeak-ng";
  }

  async #others(): Promise<{ others: readonly Voice[]; hint?: string }> {
    try {
      return { others: (await this.#espeak.load()).voices };
    } catch (error) {
      const { code, message } = ToolError.from(error);
      if (code === "stopping") throw error;
      return { others: [], hint: `For other languages: ${message}` };
    }
  }
}
