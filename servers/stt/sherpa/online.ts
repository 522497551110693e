import { setImmediate } from "node:timers/promises";
import { type Decoder, RATE, type Transcript, type Utterance } from "../engine/decoder.ts";
import { floatsOf, type OnlineRecognizer, type OnlineStream, type Result } from "./library.ts";
import { wordsOf } from "./words.ts";

/** A model that streams: it understands while somebody speaks. */
export class OnlineDecoder implements Decoder {
  readonly #recognizer: OnlineRecognizer;
  readonly longest: number;

  constructor(recognizer: OnlineRecognizer, longest: number) {
    this.#recognizer = recognizer;
    this.longest = longest;
  }

  begin(): Utterance {
    return new OnlineUtterance(this.#recognizer);
  }

  /** What the library says to one whole utterance. */
  async decode(samples: Int16Array): Promise<Result> {
    const utterance = new OnlineUtterance(this.#recognizer);
    await utterance.accept(samples);
    return (await utterance.end())!;
  }
}

/** A model looks ahead; without silence behind it the last word would never be decoded. */
const TAIL = new Float32Array(RATE * 0.8);

class OnlineUtterance implements Utterance {
  readonly #recognizer: OnlineRecognizer;
  /** Null once it is over. */
  #stream: OnlineStream | null;
  #samples = 0;
  #text = "";

  constructor(recognizer: OnlineRecognizer) {
    this.#recognizer = recognizer;
    this.#stream = recognizer.createStream();
  }

  async accept(samples: Int16Array): Promise<string | null> {
    this.#stream?.acceptWaveform({ samples: floatsOf(samples), sampleRate: RATE });
    this.#samples += samples.length;
    await this.#decode();
    if (this.#stream === null) return null;
    const text = this.#recognizer.getResult(this.#stream).text.trim();
    if (text === this.#text) return null;
    return (this.#text = text);
  }

  async finish(): Promise<Transcript> {
    const result = await this.end();
    return result === null ? { text: "", words: [] } : { text: result.text.trim(), words: wordsOf(result, this.#samples / RATE) };
  }

  /** Null when it was dropped meanwhile. */
  async end(): Promise<Result | null> {
    const stream = this.#stream;
    if (stream === null) throw new Error("the utterance is over");
    stream.acceptWaveform({ samples: TAIL, sampleRate: RATE });
    stream.inputFinished();
    await this.#decode();
    if (this.#stream === null) return null;
    this.#stream = null;
    return this.#recognizer.getResult(stream);
  }

  drop(): void {
    this.#stream = null;
  }

  /** Chunk by chunk; each blocks, and between them others have their turn. */
  async #decode(): Promise<void> {
    while (this.#stream !== null && this.#recognizer.isReady(this.#stream)) {
      this.#recognizer.decode(this.#stream);
      await setImmediate();
    }
  }
}
