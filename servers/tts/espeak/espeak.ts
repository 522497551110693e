import { EventEmitter } from "node:events";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { suggest } from "../../../pipes/protocol/suggest.ts";
import type { EngineEvents, Phase } from "../../../engines/engine.ts";
import { Queue } from "../../../engines/process/queue.ts";
import type { SpeakCalls, SpeechModel, Synthesizer, Utterance } from "../synthesizer.ts";
import { bestVoice } from "../languages.ts";
import { runEspeak } from "./program.ts";
import { type EspeakVoice, parseVoices } from "./voices.ts";

export interface EspeakOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  readonly maxQueue: () => number;
}

/** Samples a second of all its voices but those of MBROLA. */
const RATE = 22_050;
/** Programs at once. */
const PARALLEL = 4;
/** Words a minute of its usual speed, and what it takes. */
const USUAL_WORDS = 175;
const LEAST_WORDS = 80;
/** Of the WAV that it writes: RIFF, `fmt ` of 16 bytes, `data`. */
const HEADER = 44;
const RATE_AT = 24;

/** espeak-ng, where it is installed: robotic, quick, and in more than a hundred languages. A process for each utterance, so there is nothing to keep. */
export class Espeak extends EventEmitter<EngineEvents> implements Synthesizer {
  readonly #options: EspeakOptions;
  readonly #queue = new Queue<{ readonly onQueued?: ((position: number) => void) | undefined; readonly go: () => void }>();
  readonly #stopping = new AbortController();
  #running = 0;
  #loading: Promise<SpeechModel> | null = null;
  #voices: readonly EspeakVoice[] = [];
  #phase: Phase = "down";

  constructor(options: EspeakOptions) {
    super();
    this.#options = options;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Asks which voices there are. @throws ToolError `unsupported` when it is not installed, `handler-failed`, `stopping` */
  load(): Promise<SpeechModel> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = null; // it may be installed meanwhile
      if (this.#phase !== "stopped") this.#phase = "failed";
      throw error;
    });
    return this.#loading;
  }

  async speak(utterance: Utterance, { signal, onPcm, onQueued, admitted = false }: SpeakCalls): Promise<void> {
    await this.load();
    const voice = this.#voiceOf(utterance);
    const either = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    await this.#turn(either, onQueued, admitted);
    try {
      const wav = new Samples(onPcm);
      const words = Math.max(LEAST_WORDS, Math.round(USUAL_WORDS * utterance.speed));
      // In double brackets it would take phonemes.
      await runEspeak(this.#options.tool, ["--stdin", "--stdout", "-b", "1", "-v", voice.file, "-s", String(words)], utterance.text.replaceAll("[[", "[ ["), { signal: either, onOutput: (bytes) => wav.take(bytes) });
    } finally {
      this.#running--;
      this.#queue.shift()?.go();
    }
  }

  stop(): Promise<void> {
    this.#phase = "stopped";
    this.#stopping.abort(new ToolError("stopping", { tool: this.#options.tool }));
    return Promise.resolve();
  }

  async #load(): Promise<SpeechModel> {
    const begun = performance.now();
    this.#phase = "loading";
    const printed: Buffer[] = [];
    await runEspeak(this.#options.tool, ["--voices"], "", { signal: this.#stopping.signal, onOutput: (bytes) => printed.push(bytes) });
    this.#voices = parseVoices(Buffer.concat(printed).toString());
    this.#phase = "ready";
    const voices = this.#voices.map(({ name, languages, description }) => ({ name, languages, description }));
    return { engine: "espeak-ng", rate: RATE, voices, parallel: PARALLEL, seconds: (performance.now() - begun) / 1000 };
  }

  #voiceOf({ voice: wanted, language = "en-us" }: Utterance): EspeakVoice {
    const voices = this.#voices;
    const found = wanted === undefined ? bestVoice(voices, language) : voices.find(({ name }) => name === wanted);
    const known = voices.find(({ name }) => name === found?.name);
    if (known !== undefined) return known;
    if (wanted === undefined) throw new ToolError("unsupported", { tool: this.#options.tool, what: `speak '${language}': espeak-ng has no voice for it`, hint: "`voices` lists what there is" });
    const near = suggest(wanted, voices.map(({ name }) => name));
    throw new ToolError("invalid-request", { path: "$.voice", expected: "a voice of espeak-ng", got: wanted, hint: near === null ? "`voices` lists them" : `Did you mean '${near}'?` });
  }

  /** Resolves when it may run. */
  async #turn(signal: AbortSignal, onQueued: SpeakCalls["onQueued"], admitted: boolean): Promise<void> {
    if (this.#running < PARALLEL) return void this.#running++;
    if (!admitted && this.#queue.length >= this.#options.maxQueue()) throw new ToolError("busy", { tool: this.#options.tool, queued: this.#queue.length });
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#queue.remove(entry);
        reject(cancelled(signal));
      };
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        this.#running++;
        resolve();
      };
      const entry = { onQueued, go };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(entry);
    });
  }
}

/** The samples of a WAV that comes in pieces, two bytes never apart. */
class Samples {
  readonly #onPcm: (pcm: Buffer) => void;
  #rest = Buffer.alloc(0);
  #begun = false;

  constructor(onPcm: (pcm: Buffer) => void) {
    this.#onPcm = onPcm;
  }

  take(bytes: Buffer): void {
    let all = Buffer.concat([this.#rest, bytes]);
    if (!this.#begun) {
      if (all.length < HEADER) return void (this.#rest = all);
      const rate = all.readUInt32LE(RATE_AT);
      if (rate !== RATE) throw new ToolError("handler-failed", { cmd: "espeak-ng", reason: `expected ${RATE} samples a second, got ${rate}` });
      all = all.subarray(HEADER);
      this.#begun = true;
    }
    const whole = all.length - (all.length % 2);
    this.#rest = Buffer.from(all.subarray(whole));
    if (whole > 0) this.#onPcm(all.subarray(0, whole));
  }
}
