import { type FileFormat, writeSound } from "../../audio/write.ts";
import { bytesOf, samplesOf } from "../../audio/pcm.ts";
import { Resampler } from "../../audio/resample.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import type { tts } from "../../pipes/protocol/interfaces/tts.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import { Parts } from "../../pipes/rpc/parts.ts";
import type { Floor } from "./floor.ts";
import { Reading } from "./reading.ts";
import { SentenceQueue } from "./sentences.ts";
import { type Piece, sound } from "./sound.ts";
import type { Speech } from "./speech.ts";
import { Turn } from "./turn.ts";

export type SayRequest = Args<typeof tts, "say">;
export interface Said {
  readonly event: "said";
  readonly seconds: number;
  readonly rate: number;
  readonly path?: string;
  readonly timings: { readonly first: number | null; readonly total: number };
}

/** Longest text of one request, in characters: about a day's worth. */
const MOST_CHARACTERS = 1_000_000;

/** One `say`: over the loudspeaker, into a file, both, or to the caller. @throws ToolError */
export async function say(request: SayRequest, call: Call, { speech, floor, owner }: { readonly speech: Speech; readonly floor: Floor; readonly owner: object }): Promise<Said> {
  const begun = performance.now();
  const { text, path, play = path === undefined } = request;
  if (text.length > MOST_CHARACTERS) throw new ToolError("invalid-request", { path: "$.text", expected: `at most ${MOST_CHARACTERS} characters`, got: `${text.length}` });
  const sentences = sentencesOf(request, play || path === undefined);
  const said = play ? await aloud(request, call, { floor, owner, sentences, speech }) : await silently(request, call, sound(sentences, speech, call), speech);
  const rate = said.rate ?? request.rate ?? (await speech.model(call)).rate;
  const since = (time: number): number => Math.round((time - begun) * 10) / 10;
  return { event: "said", seconds: Math.round(said.seconds * 1000) / 1000, rate, ...(path === undefined ? {} : { path }), timings: { first: said.first === null ? null : since(said.first), total: since(performance.now()) } };
}

interface Outcome {
  readonly seconds: number;
  readonly rate: number | null;
  readonly first: number | null;
}

/** A long text is cut while its beginning is spoken. */
function sentencesOf({ text, ...manner }: SayRequest, early: boolean): SentenceQueue {
  const sentences = new SentenceQueue();
  const reading = new Reading((sentence) => sentences.push(sentence), { early });
  reading.push(text, manner);
  reading.flush({ goesOn: false }, () => sentences.close());
  return sentences;
}

async function aloud(request: SayRequest, call: Call, { floor, owner, sentences, speech }: { readonly floor: Floor; readonly owner: object; readonly sentences: SentenceQueue; readonly speech: Speech }): Promise<Outcome> {
  const copy = new Parts<Extract<Piece, { pcm: Buffer }>>();
  const { path } = request;
  const turn = new Turn(owner, sentences, { call, ...(path === undefined ? {} : { onPcm: (pcm: Buffer, rate: number) => copy.push({ pcm, rate }) }) });
  call.signal.addEventListener("abort", () => turn.stop(ToolError.from(call.signal.reason, "cancelled")), { once: true });
  const written = path === undefined ? null : silently(request, call, copy[Symbol.asyncIterator](), speech);
  written?.catch((error: unknown) => turn.stop(ToolError.from(error))); // to say it on would help nobody
  turn.ended.then(
    () => copy.end(null),
    (error: unknown) => copy.fail(error),
  );
  floor.take(turn);
  const [played, file] = await Promise.all([turn.ended, written]);
  return { ...played, rate: file?.rate ?? played.rate };
}

/** Into the file, or to the caller. */
async function silently(request: SayRequest, call: Call, pieces: AsyncGenerator<Piece, void>, speech: Speech): Promise<Outcome> {
  const taken = new Samples(pieces, request.rate, call);
  const rate = (await taken.rate()) ?? request.rate ?? (await speech.model(call)).rate;
  if (request.path !== undefined) await writeSound(request.path, request.format ?? formatOf(request.path), mono(rate), taken, call.signal);
  else {
    const sender = await call.sendAudio(mono(rate));
    for await (const pcm of taken) await sender.write(pcm);
    sender.end();
  }
  return { seconds: taken.bytes / 2 / rate, rate, first: taken.first };
}

function formatOf(path: string): FileFormat {
  return /\.(?:raw|pcm|s16le|s16)$/i.test(path) ? "s16le" : "wav";
}

/** Sound of one rate, whoever spoke it. */
class Samples implements AsyncIterable<Buffer> {
  readonly #pieces: AsyncGenerator<Piece, void>;
  readonly #call: Call;
  #rate: number | null;
  #ahead: { readonly pcm: Buffer; readonly rate: number } | null = null;
  bytes = 0;
  first: number | null = null;

  constructor(pieces: AsyncGenerator<Piece, void>, rate: number | undefined, call: Call) {
    this.#pieces = pieces;
    this.#rate = rate ?? null;
    this.#call = call;
  }

  /** That of the first sound, unless another one is wanted; null when there is no sound. */
  async rate(): Promise<number | null> {
    this.#ahead = await this.#next();
    return (this.#rate ??= this.#ahead?.rate ?? null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    let resampler: { readonly from: number; readonly by: Resampler } | null = null;
    try {
      for (let piece = this.#ahead; piece !== null; piece = await this.#next()) {
        if (resampler !== null && resampler.from !== piece.rate) {
          yield this.#counted(bytesOf(resampler.by.flush()));
          resampler = null;
        }
        if (piece.rate === this.#rate) yield this.#counted(piece.pcm);
        else {
          resampler ??= { from: piece.rate, by: new Resampler(piece.rate, this.#rate!) };
          yield this.#counted(bytesOf(resampler.by.push(samplesOf(piece.pcm))));
        }
      }
      if (resampler !== null) yield this.#counted(bytesOf(resampler.by.flush()));
    } finally {
      await this.#pieces.return();
    }
  }

  #counted(pcm: Buffer): Buffer {
    this.bytes += pcm.length;
    return pcm;
  }

  async #next(): Promise<{ readonly pcm: Buffer; readonly rate: number } | null> {
    for (;;) {
      const { value } = await this.#pieces.next();
      if (value === undefined) return null;
      this.#call.alive();
      if ("pcm" in value) {
        this.first ??= performance.now();
        return value;
      }
      if (value.error !== undefined) throw value.error;
    }
  }
}
