import { setTimeout as passed } from "node:timers/promises";

/** How long to wait before the next try: 250 ms, then twice as long each time, at most 5 s. */
export class Backoff {
  #next = FIRST_MS;

  next(): number {
    const ms = this.#next;
    this.#next = Math.min(ms * 2, MOST_MS);
    return ms;
  }

  /** It has worked for a while. */
  reset(): void {
    this.#next = FIRST_MS;
  }
}

/**
 * What `attempt` resolves with, however often it takes; null once the signal is aborted.
 * @throws what the last try threw, when `patienceMs` are over
 */
export async function untilItWorks<T>(attempt: () => Promise<T>, backoff: Backoff, signal: AbortSignal, patienceMs = Infinity): Promise<T | null> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    // Cancelled: asked below.
    await passed(backoff.next(), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) return null;
      if (Date.now() >= deadline) throw error;
    }
  }
}

const FIRST_MS = 250;
const MOST_MS = 5000;
