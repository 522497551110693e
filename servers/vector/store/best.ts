export interface Scored {
  readonly row: number;
  readonly score: number;
}

/** The best of many, by a heap whose root is the worst of them. Of those that score alike, the ones that came first are kept. */
export class Best {
  readonly #count: number;
  readonly #heap: Scored[] = [];
  /** What does not exceed it is not among the best. */
  least: number;

  /** `above`: what nothing may be among the best without exceeding. */
  constructor(count: number, above = 0) {
    this.#count = count;
    this.least = above;
  }

  /** Only for a score that exceeds `least`. */
  take(row: number, score: number): void {
    const heap = this.#heap;
    if (heap.length < this.#count) {
      heap.push({ row, score });
      if (heap.length === this.#count) {
        heap.sort((a, b) => a.score - b.score);
        this.least = heap[0]!.score;
      }
      return;
    }
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.score < heap[child]!.score) child++;
      if (heap[child]!.score >= score) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = { row, score };
    this.least = heap[0]!.score;
  }

  sorted(): Scored[] {
    return this.#heap.sort((a, b) => b.score - a.score || a.row - b.row);
  }
}
