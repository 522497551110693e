import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { Feed } from "./inputs.ts";
import type { Work } from "./messages.ts";

export interface WorkCalls<W extends Work> {
  readonly signal?: AbortSignal | undefined;
  readonly onPart?: ((part: W["part"]) => void) | undefined;
  /** What comes in for it while it is worked on; pulled no faster than the engine takes it. What it throws fails the request. */
  readonly inputs?: AsyncIterable<W["input"]> | undefined;
  /** The request has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: ((position: number) => void) | undefined;
  /** It goes before those that wait and are not. */
  readonly urgent?: boolean | undefined;
  /** It goes on with one that was let in before, so it is let in however many wait. */
  readonly admitted?: boolean | undefined;
  /** It goes on until it is told to end, so it takes no place from those that end by themselves: it is worked on however many are. */
  readonly beside?: boolean | undefined;
}

/** One request from the moment it is accepted. Settles once; a cancelled one settles at once, whatever is still running. */
export class Job<W extends Work> {
  readonly result: Promise<W["result"]>;
  readonly onQueued: ((position: number) => void) | undefined;
  readonly urgent: boolean;
  readonly beside: boolean;
  readonly #calls: WorkCalls<W>;
  readonly id: number;
  readonly request: W["request"];
  #feed: Feed<W["input"]> | null = null;
  #settled = false;
  #resolve!: (result: W["result"]) => void;
  #reject!: (error: unknown) => void;

  constructor(id: number, request: W["request"], calls: WorkCalls<W>, onCancel: (job: Job<W>) => void) {
    this.id = id;
    this.request = request;
    this.#calls = calls;
    this.onQueued = calls.onQueued;
    this.beside = calls.beside ?? false;
    this.urgent = calls.urgent ?? this.beside;
    const cancel = (): void => {
      this.fail(cancelled(calls.signal!));
      onCancel(this);
    };
    this.result = new Promise<W["result"]>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }).finally(() => {
      calls.signal?.removeEventListener("abort", cancel);
      this.#feed?.stop();
    });
    calls.signal?.addEventListener("abort", cancel, { once: true });
  }

  /** It is being worked on: sends what comes in for it. `failed` is told what the source has thrown. */
  feed(send: (input: W["input"]) => void, end: () => void, failed: (error: unknown) => void): void {
    if (this.#settled || this.#calls.inputs === undefined) return;
    this.#feed = new Feed(this.#calls.inputs, send, end);
    this.#feed.run().catch(failed);
  }

  /** The engine has taken an input. */
  taken(): void {
    this.#feed?.taken();
  }

  part(part: W["part"]): void {
    if (!this.#settled) this.#calls.onPart?.(part);
  }

  finish(result: W["result"]): void {
    this.#settled = true;
    this.#resolve(result);
  }

  fail(error: unknown): void {
    this.#settled = true;
    this.#reject(error);
  }
}
