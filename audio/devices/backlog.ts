/** Sound that waits for its reader. When it becomes too much the oldest is dropped, so that nothing grows and what is read is recent. */
export class Backlog {
  readonly #limit: number;
  readonly #dropped: (bytes: number) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #lost = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** `dropped` is told of lost bytes when the reader comes again, or `limit` of them are lost. */
  constructor(limit: number, dropped: (bytes: number) => void) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  push(chunk: Buffer): void {
    if (this.#ended || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > this.#limit && this.#chunks.length > 1) {
      const oldest = this.#chunks.shift()!;
      this.#bytes -= oldest.length;
      this.#lost += oldest.length;
    }
    if (this.#lost >= this.#limit) this.#tell();
    this.#wake?.();
  }

  /** The oldest of what is there, as soon as there is some; null at the end. For one reader. */
  async next(): Promise<Buffer | null> {
    if (this.#lost > 0) this.#tell();
    while (this.#chunks.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk ?? null;
  }

  /** What is there can still be read, unless it is not wanted. */
  end(wanted: boolean): void {
    this.#ended = true;
    if (!wanted) this.#chunks.length = this.#bytes = 0;
    this.#wake?.();
  }

  #tell(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#dropped(lost);
  }
}
