import type { ToolError } from "../protocol/errors.ts";
import type { ToolEvent } from "../protocol/messages.ts";
import type { PendingEvents } from "./pending.ts";

/** The events of one request as an async iterable. Leaving the loop early cancels the request. */
export class EventStream implements AsyncIterableIterator<ToolEvent>, PendingEvents {
  readonly #onLeave: () => void;
  readonly #events: ToolEvent[] = [];
  #waiting: { resolve: (result: IteratorResult<ToolEvent>) => void; reject: (error: Error) => void } | null = null;
  #error: ToolError | null = null;
  #ended = false;

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  part(event: ToolEvent, final: boolean): void {
    this.#ended ||= final;
    if (this.#waiting === null) return void this.#events.push(event);
    this.#waiting.resolve({ value: event, done: false });
    this.#waiting = null;
  }

  failed(error: ToolError): void {
    this.#ended = true;
    if (this.#waiting === null) this.#error = error;
    else this.#waiting.reject(error);
    this.#waiting = null;
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
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  async return(): Promise<IteratorResult<ToolEvent>> {
    if (!this.#ended) this.#onLeave();
    this.#ended = true;
    return { value: undefined, done: true };
  }
}
