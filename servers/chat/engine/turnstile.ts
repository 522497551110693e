import type { LlamaContext, LlamaContextSequence } from "node-llama-cpp";

/** What of node-llama-cpp 3.21.1 is not public: one evaluation of a sequence's tokens, with those of others in one batch. */
interface Evaluating {
  _decodeTokens(request: { readonly sequenceId: number }, ...more: unknown[]): Promise<unknown>;
}
/** What changes a sequence otherwise; each waits until no tokens of any sequence are to be evaluated. */
interface Changing {
  readonly _sequenceId: number;
  _eraseContextTokenRanges(...all: unknown[]): Promise<void>;
  saveStateToFile(...all: unknown[]): Promise<unknown>;
  loadStateFromFile(...all: unknown[]): Promise<unknown>;
}

/**
 * Lets a sequence of a context be changed while others are evaluated. node-llama-cpp goes on evaluating for as long as any of them has tokens, and
 * changes none meanwhile. Of two replies that are being written one always has; so a follow-up, which begins by taking back the end of
 * what its sequence holds, would not begin before those end. Here they pause for it: no longer than the change itself takes.
 */
export function admitChanges(context: LlamaContext, slots: readonly LlamaContextSequence[]): void {
  const turnstile = new Turnstile();
  const evaluating = context as unknown as Evaluating;
  const evaluate = evaluating._decodeTokens.bind(context);
  evaluating._decodeTokens = (request, ...more) => turnstile.pass(request.sequenceId, () => evaluate(request, ...more));
  for (const slot of slots) {
    const changing = slot as unknown as Changing;
    for (const change of ["_eraseContextTokenRanges", "saveStateToFile", "loadStateFromFile"] as const) {
      const plain = (changing[change] as (...all: unknown[]) => Promise<never>).bind(slot);
      changing[change] = (...all: unknown[]) => turnstile.hold(changing._sequenceId, () => plain(...all));
    }
  }
}

/** Evaluations pass as they come, but while a change is under way: then only those of the same sequence do, which may be a part of it. */
export class Turnstile {
  /** The sequences that are being changed. */
  readonly #held = new Map<number, number>();
  #waiting: Array<() => void> = [];

  /** Nothing is awaited where nothing is held. */
  pass<T>(sequence: number, evaluate: () => Promise<T>): Promise<T> {
    return this.#isFree(sequence) ? evaluate() : this.#wait(sequence, evaluate);
  }

  async hold<T>(sequence: number, change: () => Promise<T>): Promise<T> {
    this.#held.set(sequence, (this.#held.get(sequence) ?? 0) + 1);
    try {
      return await change();
    } finally {
      const left = (this.#held.get(sequence) ?? 1) - 1;
      if (left > 0) this.#held.set(sequence, left);
      else this.#held.delete(sequence);
      for (const go of this.#waiting.splice(0)) go();
    }
  }

  #isFree(sequence: number): boolean {
    return this.#held.size === 0 || this.#held.has(sequence);
  }

  async #wait<T>(sequence: number, evaluate: () => Promise<T>): Promise<T> {
    while (!this.#isFree(sequence)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return evaluate();
  }
}
