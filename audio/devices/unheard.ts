/** What was written and has not been heard, so that it can be played again when the loudspeaker is back. Positions are in bytes from the beginning. */
export class Unheard {
  readonly #chunks: Buffer[] = [];
  #from = 0;

  push(pcm: Buffer): void {
    this.#chunks.push(pcm);
  }

  /** Forgets whole chunks before a position. */
  heard(position: number): void {
    for (let first = this.#chunks[0]; first !== undefined && this.#from + first.length <= position; first = this.#chunks[0]) {
      this.#from += first.length;
      this.#chunks.shift();
    }
  }

  /** Everything from a position on. */
  since(position: number): Buffer[] {
    this.heard(position);
    const [first, ...rest] = this.#chunks;
    return first === undefined ? [] : [first.subarray(Math.max(0, position - this.#from)), ...rest];
  }
}
