import { setImmediate as turn } from "node:timers/promises";
import { type Decoder, RATE, type Transcript, type Utterance } from "./decoder.ts";
import { Frames, joined } from "./frames.ts";
import type { ListenPart, ListenResult } from "./messages.ts";
import { type SegmentEvent, Segmenter, type SegmenterOptions } from "./segmenter.ts";
import type { VoiceDetector } from "./vad.ts";

export interface ListenOptions extends SegmenterOptions {
  readonly decoder: Decoder;
  /** Of this recording alone. */
  readonly detector: VoiceDetector;
  readonly partial: boolean;
  /** Seconds; null where nobody knows. */
  readonly total: number | null;
  readonly signal: AbortSignal;
  readonly onPart: (part: ListenPart) => void;
}

/** A decoder takes so much at a time: long enough to be worth the call, short enough for what is said to follow what is heard. */
const BITE = 0.1 * RATE;
const PROGRESS_MS = 200;

/**
 * Turns one recording into utterances: what is speech is found and cut first, and only that is decoded. What is in memory does not grow
 * with the recording. `pcm` is mono at `RATE`. @throws what `signal` was aborted with, and what the decoder throws
 */
export async function listen(pcm: AsyncIterable<Int16Array>, options: ListenOptions): Promise<ListenResult> {
  const listening = new Listening(options);
  try {
    for await (const samples of pcm) await listening.take(samples);
    return await listening.finish();
  } finally {
    listening.drop();
  }
}

class Listening {
  readonly #options: ListenOptions;
  readonly #segmenter: Segmenter;
  readonly #frames: Frames;
  #speech: Speech | null = null;
  #utterances = 0;
  #told = 0;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#segmenter = new Segmenter({ ...options, longest: Math.min(options.longest, options.decoder.longest) });
    this.#frames = new Frames(options.detector.frame);
    options.detector.reset();
  }

  async take(samples: Int16Array): Promise<void> {
    const { signal, detector } = this.#options;
    signal.throwIfAborted();
    for (const frame of this.#frames.push(samples)) await this.#follow(this.#segmenter.push(frame, detector.isSpeech(frame)));
    this.#tellProgress();
    await turn(); // other recordings have theirs
  }

  async finish(): Promise<ListenResult> {
    const { signal, detector } = this.#options;
    signal.throwIfAborted();
    const rest = this.#frames.flush();
    if (rest.length > 0) {
      const padded = new Int16Array(detector.frame);
      padded.set(rest);
      await this.#follow(this.#segmenter.push(rest, detector.isSpeech(padded)));
    }
    await this.#follow(this.#segmenter.flush());
    return { seconds: this.#segmenter.position / RATE, utterances: this.#utterances };
  }

  drop(): void {
    this.#speech?.utterance.drop();
    this.#speech = null;
  }

  async #follow(events: readonly SegmentEvent[]): Promise<void> {
    for (const event of events) {
      switch (event.type) {
        case "begin":
          this.#speech = { utterance: this.#options.decoder.begin({ partial: this.#options.partial }), from: event.from, start: event.speech, waiting: [], samples: 0 };
          this.#options.onPart({ type: "speech_start", at: event.speech / RATE });
          break;
        case "sound":
          await this.#hear(this.#speech!, event.samples);
          break;
        case "end":
          await this.#end(this.#speech!, event.speech);
          break;
      }
    }
  }

  async #hear(speech: Speech, samples: Int16Array): Promise<void> {
    speech.waiting.push(samples);
    speech.samples += samples.length;
    if (speech.samples >= BITE) await this.#feed(speech);
  }

  async #feed(speech: Speech): Promise<void> {
    const bite = joined(speech.waiting);
    speech.waiting = [];
    speech.samples = 0;
    const text = await speech.utterance.accept(bite);
    if (this.#options.partial && text !== null) this.#options.onPart({ type: "partial", text });
    this.#tellProgress();
    await turn();
    this.#options.signal.throwIfAborted();
  }

  async #end(speech: Speech, end: number): Promise<void> {
    if (speech.samples > 0) await this.#feed(speech);
    this.#speech = null;
    const { text, words } = await finished(speech.utterance);
    if (text !== "") this.#utterances += 1;
    const offset = speech.from / RATE;
    const times = words.map(({ word, start, end }) => ({ word, start: start + offset, end: end + offset }));
    this.#options.onPart({ type: "utterance", text, words: times, start: speech.start / RATE, end: Math.max(end, speech.start) / RATE });
  }

  #tellProgress(): void {
    const now = performance.now();
    if (now - this.#told < PROGRESS_MS) return;
    this.#told = now;
    this.#options.onPart({ type: "progress", seconds: this.#segmenter.position / RATE, total: this.#options.total });
  }
}

/** A segment while its sound comes in. */
interface Speech {
  readonly utterance: Utterance;
  /** Samples from the beginning of the recording: of its sound, of its speech. */
  readonly from: number;
  readonly start: number;
  /** What the decoder has not got yet. */
  waiting: Int16Array[];
  samples: number;
}

async function finished(utterance: Utterance): Promise<Transcript> {
  try {
    return await utterance.finish();
  } catch (error) {
    utterance.drop();
    throw error;
  }
}
