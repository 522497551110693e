import { Writable } from "node:stream";
import type { ToolError } from "../../protocol/errors.ts";
import type { ToolEvent } from "../../protocol/messages.ts";
import type { PendingEvents } from "../pending.ts";
import { EventStream } from "../stream.ts";

export interface AudioRequestLinks {
  /** Sends sound of the request; null is its end. Resolves when there is room for more. */
  send(pcm: Buffer | null): Promise<void>;
  /** Silence from now on is not the server's, or is again; see Pending. */
  time(whose: "server" | "ours"): void;
  /** Cancels the request. */
  leave(): void;
}

/**
 * A request that is made with sound: `input` takes PCM in the format that the request names, and is to be ended; the events come as from
 * `stream`. Nothing is sent before the server asks for it, so `input` pushes back until then. What is written after the request's end is dropped.
 */
export class AudioRequest implements AsyncIterableIterator<ToolEvent>, PendingEvents {
  readonly input: Writable;
  readonly #events: EventStream;
  readonly #links: AudioRequestLinks;
  #phase: "waiting" | "taken" | "over" = "waiting";
  /** Wakes whoever sends: the server is ready, has taken it, or nobody takes any more. */
  #wake: () => void = () => undefined;

  constructor(links: AudioRequestLinks) {
    this.#links = links;
    this.#events = new EventStream(() => links.leave());
    this.input = new Writable({
      highWaterMark: 64 * 1024,
      write: (chunk: Buffer, _, done) => void this.#pass(chunk).finally(done),
      final: (done) => void this.#pass(null).finally(done),
    });
  }

  interim(event: ToolEvent): void {
    if (event.event === "audio_ready") this.#become("taken");
  }

  part(event: ToolEvent, final: boolean): void {
    this.#events.part(event, final);
    if (final) this.#become("over");
  }

  failed(error: ToolError): void {
    this.#events.failed(error);
    this.#become("over");
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ToolEvent>> {
    return this.#events.next();
  }

  return(): Promise<IteratorResult<ToolEvent>> {
    this.#become("over");
    return this.#events.return();
  }

  #become(phase: "taken" | "over"): void {
    this.#phase = phase;
    this.#wake();
  }

  /** Never throws: a failure to send shows as the end of the request. */
  async #pass(pcm: Buffer | null): Promise<void> {
    if (this.#phase === "waiting") await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#phase === "over") return;
    this.#links.time("server");
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#links.send(pcm).then(resolve, () => resolve());
    });
    if (pcm !== null) this.#links.time("ours");
  }
}
