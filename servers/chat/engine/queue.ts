/** A request that waits for its turn. `onQueued` is told its place, 1 being the next, whenever that changes. */
export interface Waiting {
  readonly onQueued?: ((position: number) => void) | undefined;
}

/** First come, first served. Tells everybody their place when somebody before them goes. */
export class Queue<W extends Waiting> {
  #waiting: W[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  push(entry: W): void {
    this.#waiting.push(entry);
    entry.onQueued?.(this.#waiting.length);
  }

  shift(): W | undefined {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#tell(0);
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
