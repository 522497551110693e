/** What is going on in a conversation beside the user's writing: one thing at a time, which may be ended. */
export class Activity {
  readonly #failed: (thrown: unknown) => void;
  readonly #ended: () => void;
  #current: AbortController | null = null;

  /** `failed` is told why something could not be done, unless it was stopped; `ended` follows in any case. */
  constructor(failed: (thrown: unknown) => void, ended: () => void) {
    this.#failed = failed;
    this.#ended = ended;
  }

  get busy(): boolean {
    return this.#current !== null;
  }

  /** Ends what is going on, soon. False where nothing is, or it was asked to end already. */
  stop(): boolean {
    if (this.#current === null || this.#current.signal.aborted) return false;
    this.#current.abort();
    return true;
  }

  /** Does one thing; nothing else may be going on. What takes no time is done at once, before the next key. */
  do(what: (signal: AbortSignal) => Promise<void> | void): void {
    const current = new AbortController();
    this.#current = current;
    const ended = (): void => {
      this.#current = null;
      this.#ended();
    };
    const failed = (thrown: unknown): void => {
      if (!current.signal.aborted) this.#failed(thrown);
      ended();
    };
    try {
      const going = what(current.signal);
      if (going === undefined) ended();
      else void going.then(ended, failed);
    } catch (thrown) {
      failed(thrown);
    }
  }
}
