/** A stream whose parts are pushed by one side and pulled by the other, with a result at its end. */
export class Parts<Part> implements AsyncIterable<Part> {
  readonly #waiting: Part[] = [];
  #wake: () => void = () => undefined;
  /** Whoever pulls has nothing in hand. */
  #idle = false;
  #onIdle: Array<() => void> = [];
  #end: { result?: unknown; error?: unknown } | null = null;

  push(part: Part): void {
    this.#waiting.push(part);
    this.#wake();
  }

  end(result: unknown): void {
    this.#end ??= { result };
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Resolves when every part so far has been pulled, and dealt with. */
  async dealtWith(): Promise<void> {
    if (this.#waiting.length > 0 || !this.#idle) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** What `end` was given; meant for after the last part. */
  get result(): unknown {
    return this.#end?.result;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part> {
    for (;;) {
      for (let part = this.#waiting.shift(); part !== undefined; part = this.#waiting.shift()) yield part;
      if (this.#end !== null) break;
      this.#idle = true;
      for (const go of this.#onIdle.splice(0)) go();
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#idle = false;
    }
    if ("error" in this.#end) throw this.#end.error;
  }
}
