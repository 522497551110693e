/** Lets what concerns the same thing happen one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(thing: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(thing);
    const { promise, resolve } = withResolvers();
    this.#last.set(thing, promise);
    try {
      await before;
      return await act();
    } finally {
      resolve();
      if (this.#last.get(thing) === promise) this.#last.delete(thing);
    }
  }
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
