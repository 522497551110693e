import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import type { GenerateRequest, GenerateResult, Token } from "./messages.ts";

export interface GenerateCalls {
  readonly signal?: AbortSignal;
  readonly onToken?: (token: Token) => void;
  /** How far its prompt has been evaluated, in tokens; not called for a short one. */
  readonly onPrompt?: (value: number, total: number) => void;
  /** The request has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: (position: number) => void;
}

/** One request from the moment it is accepted. Settles once; a cancelled one settles at once, whatever is still running. */
export class Job {
  readonly result: Promise<GenerateResult>;
  readonly onQueued: ((position: number) => void) | undefined;
  readonly #calls: GenerateCalls;
  readonly id: number;
  readonly request: GenerateRequest;
  #settled = false;
  #resolve!: (result: GenerateResult) => void;
  #reject!: (error: unknown) => void;

  constructor(id: number, request: GenerateRequest, calls: GenerateCalls, onCancel: (job: Job) => void) {
    this.id = id;
    this.request = request;
    this.#calls = calls;
    this.onQueued = calls.onQueued;
    const cancel = (): void => {
      this.fail(cancelled(calls.signal!));
      onCancel(this);
    };
    this.result = new Promise<GenerateResult>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }).finally(() => calls.signal?.removeEventListener("abort", cancel));
    calls.signal?.addEventListener("abort", cancel, { once: true });
  }

  token(token: Token): void {
    if (!this.#settled) this.#calls.onToken?.(token);
  }

  prompt(value: number, total: number): void {
    if (!this.#settled) this.#calls.onPrompt?.(value, total);
  }

  finish(result: GenerateResult): void {
    this.#settled = true;
    this.#resolve(result);
  }

  fail(error: unknown): void {
    this.#settled = true;
    this.#reject(error);
  }
}
