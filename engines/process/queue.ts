/** A request that waits for its turn. `onQueued` is told its place, 1 being the next, whenever that changes. */
export interface Waiting {
  readonly onQueued?: ((position: number) => void) | undefined;
  /** It goes before all that are not. */
  readonly urgent?: boolean;
}

/** First come, first served, among the urgent and then among the others. Tells everybody their place when somebody before them goes, or comes. */
export class Queue<W extends Waiting> {
  #waiting: W[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  push(entry: W): void {
    const before = entry.urgent === true ? this.#waiting.findIndex(({ urgent }) => urgent !== true) : -1;
    const index = before < 0 ? this.#waiting.length : before;
    this.#waiting.splice(index, 0, entry);
    this.#tell(index);
  }

  /** Takes the first, if `allowed` lets it go. */
  shift(allowed: (first: W) => boolean = () => true): W | undefined {
    const [first] = this.#waiting;
    if (first === undefined || !allowed(first)) return undefined;
    this.#waiting.shift();
    this.#tell(0);
    return first;
  }

  /** False when it does not wait any more. */
  remove(entry: W): boolean {
    const index = this.#waiting.indexOf(entry);
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    this.#tell(index);
    return true;
  }

  /** Everybody, in order; the queue is empty then. */
  clear(): W[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  #tell(from: number): void {
    for (const [index, entry] of this.#waiting.entries()) if (index >= from) entry.onQueued?.(index + 1);
  }
}
