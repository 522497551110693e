/**
 * How many tokens of a prompt are evaluated at once. A native evaluation cannot be interrupted, so this is how long a
 * cancelled request still keeps the machine busy, and how long others that are generating beside it have to wait.
 */
export class Pace {
  #chunk: number;
  readonly #most: number;

  /** `tokenMs` is the time of one generated token, the slowest that a token of a prompt can be. */
  constructor(tokenMs: number | null, batchSize: number) {
    this.#most = batchSize;
    this.#chunk = this.#bound(tokenMs === null || tokenMs <= 0 ? FIRST : TARGET_MS / tokenMs);
  }

  get chunk(): number {
    return this.#chunk;
  }

  /** Learns from one evaluation; grows carefully, shrinks at once. */
  learn(tokens: number, milliseconds: number): void {
    if (tokens < LEAST) return;
    const fitting = (tokens * TARGET_MS) / Math.max(milliseconds, 0.1);
    this.#chunk = this.#bound(Math.min(fitting, this.#chunk * 2));
  }

  #bound(tokens: number): number {
    return Math.max(LEAST, Math.min(this.#most, Math.floor(tokens)));
  }
}

const TARGET_MS = 100;
const FIRST = 16;
const LEAST = 4;
