import type { Waiter } from "../../engines/residence.ts";
import type { ToolError } from "../../pipes/protocol/errors.ts";
import { withResolvers } from "../../pipes/rpc/resolvers.ts";
import type { Sentence, SentenceQueue } from "./sentences.ts";

export interface Played {
  readonly seconds: number;
  /** Samples a second, of the beginning; null when there was nothing to be said. */
  readonly rate: number | null;
  /** When the first sound came, by `performance.now()`. */
  readonly first: number | null;
}

export interface TurnHooks {
  /** A request that waits for its end, for news and its signal. */
  readonly call?: Waiter | undefined;
  readonly onPcm?: ((pcm: Buffer, rate: number) => void) | undefined;
  /** A sentence has been dealt with. `error`: it could not be said; the turn goes on then. Without this method the turn fails. */
  readonly onSentence?: ((sentence: Sentence, error: unknown) => void) | undefined;
  /** All that came has been heard, and more may come: whether it is soon enough to be waited for. */
  readonly holds?: (() => boolean) | undefined;
}

/** What one client says in one go, with the floor to itself. */
export class Turn implements Waiter {
  /** Whose it is. */
  readonly owner: object;
  readonly sentences: SentenceQueue;
  readonly hooks: TurnHooks;
  /** How it has ended. Rejects with what it was stopped by, or with what went wrong. */
  readonly ended: Promise<Played>;
  readonly finish: (played: Played) => void;
  readonly fail: (error: unknown) => void;
  /** Rejects when it is stopped, and never resolves. */
  readonly stopped: Promise<never>;
  /** Sentences dealt with. */
  spoken = 0;
  /** Of one that has ended otherwise than in its end: how many sentences that left unspoken. */
  unheard = 0;
  readonly #abort = new AbortController();

  constructor(owner: object, sentences: SentenceQueue, hooks: TurnHooks = {}) {
    this.owner = owner;
    this.sentences = sentences;
    this.hooks = hooks;
    const ended = withResolvers<Played>();
    [this.ended, this.finish, this.fail] = [ended.promise, ended.resolve, ended.reject];
    this.stopped = new Promise((_, reject) => this.signal.addEventListener("abort", () => reject(this.signal.reason as Error), { once: true }));
    for (const told of [this.ended, this.stopped]) told.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Sentences that were not heard, or not to their end. */
  get unspoken(): number {
    return this.sentences.taken - this.spoken + this.sentences.length;
  }

  stop(error: ToolError): void {
    this.#abort.abort(error);
    this.sentences.drop();
  }

  queued(position: number, reason?: string): void {
    this.hooks.call?.queued(position, reason);
  }

  progress(stage: string, value: number, total: number | null): void {
    this.hooks.call?.progress(stage, value, total);
  }
}
