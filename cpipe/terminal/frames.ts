import type { Output } from "../output.ts";

const FRAME_MS = 16;

/** When a terminal is shown something new: at most once for each moment of the screen, and not before it has taken what came last. */
export class Frames {
  readonly #out: Pick<Output, "busy" | "drained">;
  readonly #show: () => void;
  /** What the next frame waits for: its moment, or the terminal. */
  #next: NodeJS.Timeout | Promise<void> | null = null;
  #shownAt = -FRAME_MS;

  constructor(out: Pick<Output, "busy" | "drained">, show: () => void) {
    this.#out = out;
    this.#show = show;
  }

  /** Something is to be shown anew: at once, or with whatever else comes before the next frame. */
  change(): void {
    this.#next ??= setTimeout(() => this.#due(), Math.max(0, this.#shownAt + FRAME_MS - performance.now()));
  }

  /** The next frame does not come, until there is another change. */
  stop(): void {
    if (this.#next !== null && "unref" in this.#next) clearTimeout(this.#next);
    this.#next = null;
  }

  #due(): void {
    this.#next = null;
    this.#shownAt = performance.now();
    if (!this.#out.busy) return this.#show();
    // A slow terminal: what comes until it is ready is in the next frame.
    const ready = this.#out.drained();
    this.#next = ready;
    void ready.then(() => {
      if (this.#next !== ready) return; // it was stopped
      this.#next = null;
      this.change();
    });
  }
}
