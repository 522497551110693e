import type { ToolError } from "../protocol/errors.ts";
import type { ToolEvent } from "../protocol/messages.ts";
import type { PendingEvents } from "./pending.ts";

interface Waiting {
  readonly resolve: (result: IteratorResult<ToolEvent>) => void;
  readonly reject: (error: Error) => void;
}

/** The events of one request as an async iterable. Leaving the loop early cancels the request. */
export class EventStream implements AsyncIterableIterator<ToolEvent>, PendingEvents {
  readonly #onLeave: () => void;
  readonly #events: ToolEvent[] = [];
  /** Who asked for an event that has not come yet, in order. */
  readonly #waiting: Waiting[] = [];
  #error: ToolError | null = null;
  #ended = false;

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  part(event: ToolEvent, final: boolean): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#events.push(event);
    else next.resolve({ value: event, done: false });
    if (final) this.#end();
  }

  failed(error: ToolError): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#error = error;
    else next.reject(error);
    this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ToolEvent>> {
    const event = this.#events.shift();
    if (event !== undefined) return { value: event, done: false };
    if (this.#error !== null) {
      const error = this.#error;
      this.#error = null;
      throw error;
    }
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<ToolEvent>> {
    if (!this.#ended) this.#onLeave();
    this.#events.length = 0;
    this.#error = null;
    this.#end();
    return { value: undefined, done: true };
  }

  #end(): void {
    this.#ended = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ value: undefined, done: true });
  }
}
