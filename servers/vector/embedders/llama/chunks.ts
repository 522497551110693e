/**
 * How many texts go to the engine at once: about as many as take a tenth of a second. That is how long a query waits for the
 * passages before it; and many short texts one by one would spend their time between the processes.
 */
export class Chunks {
  #characters = FIRST;

  /** Where the chunk that begins at `from` ends. It has one text at least. */
  end(texts: readonly string[], from: number): number {
    let characters = 0;
    let end = from;
    do characters += costOf(texts[end++]!);
    while (end < texts.length && end - from < MOST_TEXTS && characters + costOf(texts[end]!) <= this.#characters);
    return end;
  }

  /** Learns from one chunk; grows carefully, shrinks at once. The time spent waiting counts, too: then somebody else is at work. */
  learn(texts: readonly string[], milliseconds: number): void {
    const characters = texts.reduce((sum, text) => sum + costOf(text), 0);
    // A small one says little: most of its time was the way.
    if (characters < this.#characters / 2 && milliseconds < TARGET_MS) return;
    const fitting = (characters * TARGET_MS) / Math.max(milliseconds, 0.1);
    this.#characters = Math.max(LEAST, Math.min(fitting, this.#characters * 2, MOST));
  }
}

/** What an empty text costs is the way to it. */
const costOf = (text: string): number => text.length + 20;

const TARGET_MS = 100;
const FIRST = 1000;
const LEAST = 100;
const MOST = 1 << 18;
const MOST_TEXTS = 256;
