/** How long to wait, in ms, before what failed is tried again: 5 s, then twice as long each time, at most a minute. */
export class Pauses {
  #next = FIRST_MS;

  next(): number {
    const ms = this.#next;
    this.#next = Math.min(2 * ms, MOST_MS);
    return ms;
  }

  reset(): void {
    this.#next = FIRST_MS;
  }
}

const FIRST_MS = 5000;
const MOST_MS = 60_000;
