import { cancelled } from "../../pipes/protocol/cancelled.ts";
import type { Work } from "./messages.ts";

export interface WorkCalls<W extends Work> {
  readonly signal?: AbortSignal | undefined;
  readonly onPart?: ((part: W["part"]) => void) | undefined;
  /** The request has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: ((position: number) => void) | undefined;
  /** It goes before those that wait and are not. */
  readonly urgent?: boolean | undefined;
  /** It goes on with one that was let in before, so it is let in however many wait. */
  readonly admitted?: boolean | undefined;
}

/** One request from the moment it is accepted. Settles once; a cancelled one settles at once, whatever is still running. */
export class Job<W extends Work> {
  readonly result: Promise<W["result"]>;
  readonly onQueued: ((position: number) => void) | undefined;
  readonly urgent: boolean;
  readonly #calls: WorkCalls<W>;
  readonly id: number;
  readonly request: W["request"];
  #settled = false;
  #resolve!: (result: W["result"]) => void;
  #reject!: (error: unknown) => void;

  constructor(id: number, request: W["request"], calls: WorkCalls<W>, onCancel: (job: Job<W>) => void) {
    this.id = id;
    this.request = request;
    this.#calls = calls;
    this.onQueued = calls.onQueued;
    this.urgent = calls.urgent ?? false;
    const cancel = (): void => {
      this.fail(cancelled(calls.signal!));
      onCancel(this);
    };
    this.result = new Promise<W["result"]>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }).finally(() => calls.signal?.removeEventListener("abort", cancel));
    calls.signal?.addEventListener("abort", cancel, { once: true });
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
