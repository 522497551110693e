import type { Manner } from "./voices.ts";

/** What is said in one go, and how. */
export interface Sentence {
  readonly text: string;
  readonly manner: Manner;
}

/** Sentences that come one after another and are taken one at a time. */
export class SentenceQueue implements AsyncIterator<Sentence, undefined> {
  readonly #waiting: Sentence[] = [];
  #wake: (() => void) | null = null;
  #closed = false;
  #taken = 0;

  static of(sentences: readonly Sentence[]): SentenceQueue {
    const queue = new SentenceQueue();
    for (const sentence of sentences) queue.push(sentence);
    queue.close();
    return queue;
  }

  /** How many have not been taken. */
  get length(): number {
    return this.#waiting.length;
  }

  /** How many have been taken. */
  get taken(): number {
    return this.#taken;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** All that came have been taken, and another one is awaited. */
  get idle(): boolean {
    return this.#wake !== null && this.#waiting.length === 0;
  }

  push(sentence: Sentence): void {
    this.#waiting.push(sentence);
    this.#wake?.();
  }

  /** No more come; those that wait can still be taken. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Those that wait are not wanted any more, and no more come. */
  drop(): void {
    this.#waiting.length = 0;
    this.close();
  }

  async next(): Promise<IteratorResult<Sentence, undefined>> {
    while (this.#waiting.length === 0 && !this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    const value = this.#waiting.shift();
    if (value !== undefined) this.#taken++;
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}
