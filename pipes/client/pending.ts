import { ToolError } from "../protocol/errors.ts";
import { isFinal, type ToolEvent } from "../protocol/messages.ts";
import { errorOf } from "./wire.ts";

export interface CallOptions {
  /** Aborting cancels the request on the server too. */
  signal?: AbortSignal;
  /** Longest silence in ms: to the first sign of life, then between two. 30 s by default; Infinity waits for ever. */
  timeout?: number;
  /** May be sent again when the server restarts before it has answered. */
  idempotent?: boolean;
  /** News that are not the answer: `queued`, `progress`. */
  onInterim?: (event: ToolEvent) => void;
}

export interface PendingEvents {
  /** A part of a stream, or the final event. */
  part(event: ToolEvent, final: boolean): void;
  failed(error: ToolError): void;
}

export const DEFAULT_TIMEOUT_MS = 30_000;

/** One request of ours that waits for its final event: its silence is timed, its end happens once. */
export class Pending {
  readonly message: object;
  readonly idempotent: boolean;
  /** Parts have been handed out: sending it again would give them twice. */
  begun = false;
  readonly #tool: string;
  readonly #timeout: number;
  readonly #events: PendingEvents;
  readonly #onInterim: CallOptions["onInterim"];
  readonly #onEnd: (early: boolean) => void;
  #timer: NodeJS.Timeout | null = null;
  #unlisten: (() => void) | null = null;
  #ended = false;

  constructor(tool: string, message: object, options: CallOptions, events: PendingEvents, onEnd: (early: boolean) => void) {
    this.#tool = tool;
    this.message = message;
    this.idempotent = options.idempotent ?? false;
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
    this.#events = events;
    this.#onInterim = options.onInterim;
    this.#onEnd = onEnd;
    this.#listen(options.signal);
    if (Number.isFinite(this.#timeout)) this.#timer = setTimeout(() => this.#timedOut(), this.#timeout);
  }

  take(event: ToolEvent): void {
    if (this.#ended) return;
    if (event.event === "error") return this.fail(errorOf(event));
    const final = isFinal(event);
    if (!final) {
      this.#timer?.refresh();
      if (event.done !== false) return this.#onInterim?.(event);
      this.begun = true;
    } else this.#end(false);
    this.#events.part(event, final);
  }

  /** Ends it from this side. `early`: the server may still be at work on it. */
  fail(error: ToolError, early = false): void {
    if (this.#ended) return;
    this.#end(early);
    this.#events.failed(error);
  }

  /** Ends it without a word to whoever waits: nobody does any more. */
  abandon(): void {
    if (!this.#ended) this.#end(true);
  }

  #timedOut(): void {
    const what = this.begun ? "further part of the answer" : "answer";
    this.fail(new ToolError("timeout", { tool: this.#tool, what, seconds: this.#timeout / 1000 }), true);
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const aborted = (): void => this.fail(signal.reason instanceof ToolError ? signal.reason : new ToolError("cancelled", {}, { cause: signal.reason }), true);
    if (signal.aborted) queueMicrotask(aborted);
    signal.addEventListener("abort", aborted, { once: true });
    this.#unlisten = () => signal.removeEventListener("abort", aborted);
  }

  #end(early: boolean): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#unlisten?.();
    this.#onEnd(early);
  }
}
