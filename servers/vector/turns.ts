import { withResolvers } from "../../pipes/rpc/resolvers.ts";

/** Lets what concerns the same thing happen one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(thing: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(thing);
    const { promise, resolve } = withResolvers<void>();
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
