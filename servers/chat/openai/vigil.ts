/** Ends a request when nothing is heard of the endpoint for too long. */
export class Vigil {
  readonly #silent = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.#timer = setTimeout(() => this.#silent.abort(), silenceMs);
  }

  /** Aborted when it has been silent for too long. */
  get signal(): AbortSignal {
    return this.#silent.signal;
  }

  /** Something has come, be it a comment that only keeps the connection alive. */
  heard(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
