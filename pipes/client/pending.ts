import { ToolError } from "../protocol/errors.ts";
import { isFinal, type ToolEvent } from "../protocol/messages.ts";
import type { Connection } from "./connection.ts";
import { errorOf } from "./wire.ts";

export interface CallOptions {
  /** Aborting cancels the request on the server too. */
  signal?: AbortSignal;
  /** Longest silence in ms: to the first sign of life, then between two. 30 s by default; Infinity waits for ever. */
  timeout?: number;
  /** May be sent again when the server restarts before it has answered. */
  idempotent?: boolean;
  /** News that are not the answer: `queued`, `progress`, `tool_call`, `tool_result`, and those of sound. */
  onInterim?: (event: ToolEvent) => void;
}

export interface PendingEvents {
  /** News that are not the answer. */
  interim?(event: ToolEvent): void;
  /** A part of a stream, or the final event. */
  part(event: ToolEvent, final: boolean): void;
  failed(error: ToolError): void;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
/** What of a request is under way after these would be done, heard or sent twice if it were sent again. */
const BEGUN: ReadonlySet<string> = new Set(["tool_call", "audio_start", "audio_ready"]);

/** One request of ours that waits for its final event: its silence is timed, its end happens once. */
export class Pending {
  /** As it goes over the pipe, newline and all. */
  readonly line: string;
  readonly idempotent: boolean;
  /** Parts have been handed out, sound has come or gone, or a tool was used for it: sending it again would do that twice. */
  begun = false;
  /** It has left this process, so a server may have seen it. */
  sent = false;
  /** Its place among the lines of the connection that it went over. */
  place = 0;
  /** What it needs of a connection beside the text pipes. */
  prepare: ((connection: Connection) => void) | null = null;
  /** Sound that is announced for it has somebody to hear it. */
  hears = false;
  /** A server that is ending has given it back; the next process is to answer it. */
  refused: ToolError | null = null;
  readonly #tool: string;
  readonly #timeout: number;
  readonly #events: PendingEvents;
  readonly #onInterim: CallOptions["onInterim"];
  readonly #onEnd: (early: boolean) => void;
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whoever is silent now, it is not the server. */
  #held = false;
  #ended = false;

  constructor(tool: string, line: string, options: CallOptions, events: PendingEvents, onEnd: (early: boolean) => void) {
    this.#tool = tool;
    this.line = line;
    this.idempotent = options.idempotent ?? false;
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
    this.#events = events;
    this.#onInterim = options.onInterim;
    this.#onEnd = onEnd;
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#aborted, { once: true });
    if (Number.isFinite(this.#timeout)) this.#timer = setTimeout(this.#timedOut, this.#timeout);
  }

  /** It may be sent again to a process that knows nothing of it. */
  get repeatable(): boolean {
    return this.idempotent && !this.begun;
  }

  take(event: ToolEvent): void {
    if (this.#ended) return;
    if (event.event === "error") return this.fail(errorOf(event));
    const final = isFinal(event);
    if (!final) {
      this.#timer?.refresh();
      if (BEGUN.has(event.event)) this.begun = true;
      if (event.done !== false) {
        this.#events.interim?.(event);
        return this.#onInterim?.(event);
      }
      this.begun = true;
    } else this.#end(false);
    this.#events.part(event, final);
  }

  /** Sound counts as a sign of life, too; while it waits for us, nobody is timed. */
  time(whose: "server" | "ours"): void {
    this.#held = whose === "ours";
    if (!this.#ended) this.#timer?.refresh();
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

  readonly #timedOut = (): void => {
    if (this.#held) return void this.#timer?.refresh();
    const what = this.begun ? "further part of the answer" : "answer";
    this.fail(new ToolError("timeout", { tool: this.#tool, what, seconds: this.#timeout / 1000 }), true);
  };

  readonly #aborted = (): void => this.fail(cancellation(this.#signal), true);

  #end(early: boolean): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#onEnd(early);
  }
}

/** The error of a request whose signal has been aborted: the reason, where that is a ToolError. */
export function cancellation(signal: AbortSignal | undefined): ToolError {
  return signal?.reason instanceof ToolError ? signal.reason : new ToolError("cancelled", {}, { cause: signal?.reason });
}
