/** How often whoever waits is told that the endpoint is still waited for: clients time silence, 30 s unless they say otherwise. */
const NEWS_MS = 10_000;

/** Watches over one request: ends it when nothing is heard of the endpoint for too long, and says meanwhile that it goes on. */
export class Vigil {
  readonly #silent = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #news: NodeJS.Timeout;

  constructor(silenceMs: number, onAlive: () => void) {
    this.#timer = setTimeout(() => this.#silent.abort(), silenceMs);
    this.#news = setInterval(onAlive, NEWS_MS);
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
    clearInterval(this.#news);
  }
}
