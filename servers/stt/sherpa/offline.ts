import { type Decoder, RATE, type Utterance } from "../engine/decoder.ts";
import { floatsOf, type OfflineRecognizer, type Result } from "./library.ts";
import { wordsOf } from "./words.ts";

/** A model that decodes whole utterances, on threads of the library's. */
export class OfflineDecoder implements Decoder {
  readonly #recognizer: OfflineRecognizer;
  readonly longest: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(recognizer: OfflineRecognizer, longest: number) {
    this.#recognizer = recognizer;
    this.longest = longest;
  }

  begin(): Utterance {
    const most = this.longest * RATE;
    let pieces: Int16Array[] = [];
    let samples = 0;
    return {
      accept: (more) => {
        const piece = more.slice(0, most - samples);
        pieces.push(piece);
        samples += piece.length;
        return null;
      },
      finish: async () => {
        const seconds = samples / RATE;
        const result = await this.#decode(joined(pieces, samples));
        return { text: result.text.trim(), words: wordsOf(result, seconds) };
      },
      drop: () => void (pieces = []),
    };
  }

  /** What the library says to one whole utterance. */
  decode(samples: Int16Array): Promise<Result> {
    return this.#decode(joined([samples], samples.length));
  }

  /** One after another: each uses all threads, and Whisper's decoder keeps what it works by where two would share it. */
  #decode(sound: Float32Array): Promise<Result> {
    const decoded = this.#last.then(() => {
      const stream = this.#recognizer.createStream();
      stream.acceptWaveform({ samples: sound, sampleRate: RATE });
      return this.#recognizer.decodeAsync(stream);
    });
    this.#last = decoded.catch(() => undefined);
    return decoded;
  }
}

/** Models fail on fewer frames than their convolutions are wide, and sherpa-onnx does not catch it; silence makes up for it. */
const LEAST = RATE / 2;

function joined(pieces: readonly Int16Array[], samples: number): Float32Array {
  const sound = new Float32Array(Math.max(LEAST, samples));
  let at = 0;
  for (const piece of pieces) {
    sound.set(floatsOf(piece), at);
    at += piece.length;
  }
  return sound;
}
