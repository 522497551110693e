import type { Work } from "../protocol/metrics.ts";

/** Where work goes on without an end, its latest seconds count most: those before the last so many for little. */
const MEMORY_MS = 5000;

/** The unit of sound that is made, or understood: its seconds, in a second. */
export const REAL_TIME = "x real time";

/** One piece of work that is being done. */
export interface Stretch {
  /** So much more of it is done. */
  add(amount: number): void;
  /** May be called more than once. */
  end(): void;
}

/**
 * How fast a server gets its work done: what all pieces of it that go on side by side come to, over the time in which there is any. Of
 * work that has ended it tells how fast that went, until other work begins.
 */
export class Pace {
  readonly #unit: string;
  readonly #clock: () => number;
  #stretches = 0;
  #amount = 0;
  #ms = 0;
  /** Up to when the time is counted. */
  #counted = 0;

  /** `unit` is what is added up, in a second: `tokens/s`. */
  constructor(unit: string, clock: () => number = () => performance.now()) {
    this.#unit = unit;
    this.#clock = clock;
  }

  begin(): Stretch {
    if (this.#stretches++ === 0) [this.#amount, this.#ms, this.#counted] = [0, 0, this.#clock()];
    let ended = false;
    return {
      add: (amount) => {
        this.#count();
        this.#amount += amount;
      },
      end: () => {
        if (ended) return;
        ended = true;
        this.#count();
        this.#stretches--;
      },
    };
  }

  /** Null while nothing has been done yet. */
  get rate(): Work["rate"] {
    if (this.#stretches > 0) this.#count();
    if (this.#ms === 0 || this.#amount === 0) return null;
    return { value: Number(((this.#amount / this.#ms) * 1000).toPrecision(3)), unit: this.#unit };
  }

  #count(): void {
    const now = this.#clock();
    const passed = now - this.#counted;
    const kept = Math.exp(-passed / MEMORY_MS);
    this.#counted = now;
    this.#amount *= kept;
    this.#ms = this.#ms * kept + passed;
  }
}
