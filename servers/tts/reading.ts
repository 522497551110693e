import { Chunker } from "./chunker.ts";
import type { Sentence } from "./sentences.ts";
import type { Manner } from "./voices.ts";

/** A book takes a second to be cut; nobody waits longer than this for that. */
const TURN_MS = 5;
const SLICE = 4096;

/** Text on its way to sentences, cut a few milliseconds at a time. */
export class Reading {
  readonly #out: (sentence: Sentence) => void;
  readonly #chunker: Chunker;
  #steps: Array<() => void> = [];
  #again: NodeJS.Immediate | null = null;
  #manner: Manner = {};

  constructor(out: (sentence: Sentence) => void, { early }: { readonly early: boolean }) {
    this.#out = out;
    this.#chunker = new Chunker({ early });
  }

  /** Whether text has come that was not handed out. */
  get pending(): boolean {
    return this.#steps.length > 0 || this.#chunker.pending;
  }

  /** In another manner it is another text: what is there of the one before is handed out first. */
  push(text: string, manner: Manner): void {
    const change = (): void => {
      if (this.#chunker.pending && !same(manner, this.#manner)) this.#give(this.#chunker.flush());
      this.#manner = manner;
    };
    const slices = Array.from({ length: Math.ceil(text.length / SLICE) }, (_, index) => text.slice(index * SLICE, (index + 1) * SLICE));
    this.#begin([change, ...slices.map((slice) => () => this.#give(this.#chunker.push(slice)))]);
  }

  /** Hands out the rest; see `Chunker.flush`. `then` runs after that. */
  flush({ goesOn }: { readonly goesOn: boolean }, then: () => void = () => undefined): void {
    const flush = (): void => {
      this.#give(this.#chunker.flush({ goesOn }));
      then();
    };
    this.#begin([flush]);
  }

  /** Forgets what has not been handed out. */
  drop(): void {
    this.#steps = [];
    this.#chunker.flush();
  }

  #begin(steps: ReadonlyArray<() => void>): void {
    this.#steps.push(...steps);
    if (this.#again === null) this.#run();
  }

  #run(): void {
    this.#again = null;
    const begun = performance.now();
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      step();
      if (this.#steps.length > 0 && performance.now() - begun > TURN_MS) return void (this.#again = setImmediate(() => this.#run()));
    }
  }

  #give(texts: readonly string[]): void {
    for (const text of texts) this.#out({ text, manner: this.#manner });
  }
}

function same(a: Manner, b: Manner): boolean {
  return a.voice === b.voice && a.speed === b.speed && a.language === b.language;
}
