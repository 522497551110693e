import type { Waiter } from "../../engines/residence.ts";
import { Parts } from "../../pipes/rpc/parts.ts";
import type { SentenceQueue } from "./sentences.ts";
import type { Speech } from "./speech.ts";
import type { Sentence } from "./sentences.ts";

/** Some sound, or the end of a sentence: all of its sound has come, or it cannot be said. */
export type Piece =
  | { readonly pcm: Buffer; readonly rate: number }
  | { readonly ended: Sentence; readonly error: unknown };

/**
 * The sound of sentences, one behind another. The next sentence is made while the one before is taken, and no more than that, however
 * many there are: so they follow without a gap, and a book is not made in memory. `waiter.signal` ends it.
 */
export async function* sound(sentences: SentenceQueue, speech: Pick<Speech, "speaker">, waiter: Waiter): AsyncGenerator<Piece, void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([waiter.signal, gone.signal]);
  let admitted = false;
  const begin = async (): Promise<Making | null> => {
    const { value: sentence } = await sentences.next();
    if (sentence === undefined) return null;
    const making = make(sentence, speech, { ...waiterOf(waiter), signal }, admitted);
    admitted = true; // one that has begun to speak is not told that too many wait
    return making;
  };
  try {
    for (let making = await begin(); making !== null; ) {
      const next: Promise<Making | null> = making.made.then(begin);
      for await (const piece of making.pieces) yield piece;
      yield { ended: making.sentence, error: await making.made };
      making = await next;
    }
  } finally {
    gone.abort();
  }
}

interface Making {
  readonly sentence: Sentence;
  readonly pieces: Parts<{ readonly pcm: Buffer; readonly rate: number }>;
  /** Resolves when all of it has been made, with the error if it could not be. */
  readonly made: Promise<unknown>;
}

function make(sentence: Sentence, speech: Pick<Speech, "speaker">, waiter: Waiter, admitted: boolean): Making {
  const pieces: Making["pieces"] = new Parts();
  const speak = async (): Promise<void> => {
    const speaker = await speech.speaker(sentence.text, sentence.manner, waiter);
    const { rate } = speaker;
    await speaker.speak({ signal: waiter.signal, admitted, onQueued: (position) => waiter.queued(position), onPcm: (pcm) => pieces.push({ pcm, rate }) });
  };
  const made = speak().then(
    () => undefined,
    (error: unknown) => error ?? new Error("it failed without an error"),
  );
  void made.then(() => pieces.end(null));
  return { sentence, pieces, made };
}

/** A Call is a class of its own, whose methods do not come along with a spread. */
function waiterOf(waiter: Waiter): Omit<Waiter, "signal"> {
  return { queued: (position, reason) => waiter.queued(position, reason), progress: (stage, value, total) => waiter.progress(stage, value, total) };
}
