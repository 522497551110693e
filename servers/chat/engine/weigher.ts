import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";

/** Characters that are cut into tokens at a time, some 30 ms: other replies go on in between. */
const SLICE = 16_384;
/** Texts whose weight is remembered. */
const MOST = 65_536;

/**
 * How many tokens texts have, about. A long conversation comes again with each of its turns, so what was weighed once is remembered; and a text of
 * megabytes, which takes seconds, keeps nobody else waiting.
 */
export class Weigher {
  readonly #count: (text: string) => number;
  /** By a text's digest, the longest unused first. */
  readonly #known = new Map<string, number>();

  constructor(count: (text: string) => number) {
    this.#count = count;
  }

  /** @throws what `signal` was aborted with */
  async weigh(text: string, signal: AbortSignal): Promise<number> {
    const digest = createHash("sha256").update(text).digest("base64");
    const weight = this.#known.get(digest) ?? (await this.#sliced(text, signal));
    this.#known.delete(digest);
    this.#known.set(digest, weight);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return weight;
  }

  async #sliced(text: string, signal: AbortSignal): Promise<number> {
    let weight = 0;
    for (let at = 0; at < text.length; at += SLICE) {
      if (at > 0) await turn();
      signal.throwIfAborted();
      weight += this.#count(text.slice(at, at + SLICE));
    }
    return weight;
  }
}
