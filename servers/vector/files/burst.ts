export interface BurstOptions {
  /** Quiet time after which a burst counts as over, in ms. */
  readonly quietMs: number;
  /** A burst that does not end is over all the same, after this many ms. */
  readonly mostMs: number;
  readonly onSettled: () => void;
}

/** Makes one call of many that come in a row. */
export class Burst {
  readonly #options: BurstOptions;
  #timer: NodeJS.Timeout | null = null;
  #since: number | null = null;

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  poke(): void {
    const now = performance.now();
    this.#since ??= now;
    const { quietMs, mostMs } = this.#options;
    this.#start(Math.max(0, Math.min(quietMs, this.#since + mostMs - now)));
  }

  /** Forgets what has come so far. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#since = null;
  }

  #start(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.stop();
      this.#options.onSettled();
    }, ms);
  }
}
