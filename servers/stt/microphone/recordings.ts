/**
 * One source of sound as recordings, one after another and without a gap: each goes on until it is cut or the source ends. What one has not
 * read the next one gets.
 */
export class Recordings {
  readonly #source: AsyncIterator<Buffer>;
  #next: Promise<IteratorResult<Buffer>> | null = null;
  #cut: () => void = () => undefined;
  #ended = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The source has ended: another recording would be empty. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the recording that goes on; what comes is the next one's. */
  cut(): void {
    this.#cut();
  }

  /** The next recording. To be called when the one before has ended or nobody reads it any more. */
  open(): AsyncIterable<Buffer> {
    let over = false;
    const cut = new Promise<null>((resolve) => {
      this.#cut = () => {
        over = true;
        resolve(null);
      };
    });
    const next = async (): Promise<IteratorResult<Buffer>> => {
      if (over || this.#ended) return DONE;
      const reading = (this.#next ??= this.#source.next());
      const result = await Promise.race([reading, cut]);
      if (result === null || over || this.#next !== reading) return DONE;
      this.#next = null;
      this.#ended = result.done === true;
      return result;
    };
    const end = (): Promise<IteratorResult<Buffer>> => {
      this.#cut();
      return Promise.resolve(DONE);
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
  }
}

const DONE = { value: undefined, done: true } as const;
