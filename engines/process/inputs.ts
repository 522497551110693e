/** Inputs that may be on their way to an engine and not yet taken by it; more wait where they come from. */
export const WINDOW = 8;

/** What comes in for a request while it is worked on, at the engine's end: pushed as it arrives, pulled as it is needed. */
export class Inputs<Input> implements AsyncIterableIterator<Input> {
  readonly #waiting: Input[] = [];
  readonly #onTaken: () => void;
  #wake: () => void = () => undefined;
  #ended = false;

  /** `onTaken` is called for each input that is pulled. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  push(input: Input): void {
    this.#waiting.push(input);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Input>> {
    while (this.#waiting.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#waiting.length === 0) return { value: undefined, done: true };
    this.#onTaken();
    return { value: this.#waiting.shift() as Input, done: false };
  }

  async return(): Promise<IteratorResult<Input>> {
    this.#waiting.length = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The server's end: sends what comes, no more than `WINDOW` ahead of the engine. */
export class Feed<Input> {
  readonly #source: AsyncIterator<Input>;
  readonly #send: (input: Input) => void;
  readonly #end: () => void;
  #ahead = 0;
  #stopped = false;
  #wake: () => void = () => undefined;

  constructor(source: AsyncIterable<Input>, send: (input: Input) => void, end: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#send = send;
    this.#end = end;
  }

  /** Resolves when all has been sent, or when it was stopped. @throws what the source throws */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const { value, done } = await this.#source.next();
      if (this.#stopped) return;
      if (done === true) return this.#end();
      this.#send(value);
      this.#ahead += 1;
      while (this.#ahead >= WINDOW && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The engine has taken one. */
  taken(): void {
    this.#ahead -= 1;
    this.#wake();
  }

  /** Nobody takes any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake();
    // What the source cannot let go of concerns nobody here.
    this.#source.return?.().catch(() => undefined);
  }
}
