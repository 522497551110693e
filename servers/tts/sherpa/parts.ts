/**
 * Passes samples on in a turn of the event loop of their own. sherpa-onnx hands out all that it has in one turn, and a model that
 * is faster than that would keep a cancellation from being heard to the end.
 */
export class Parts {
  readonly #signal: AbortSignal;
  readonly #pass: (samples: Float32Array) => void;
  #waiting: Float32Array[] = [];

  constructor(signal: AbortSignal, pass: (samples: Float32Array) => void) {
    this.#signal = signal;
    this.#pass = pass;
  }

  /** False when no more is wanted. */
  take(samples: Float32Array): boolean {
    if (this.#signal.aborted) return false;
    if (this.#waiting.push(samples) === 1) setImmediate(() => this.flush());
    return true;
  }

  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (!this.#signal.aborted) for (const samples of waiting) this.#pass(samples);
  }
}
