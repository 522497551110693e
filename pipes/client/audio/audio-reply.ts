import type { AudioFormat } from "../../protocol/audio.ts";
import type { ToolError } from "../../protocol/errors.ts";
import type { ToolEvent } from "../../protocol/messages.ts";
import type { PendingEvents } from "../pending.ts";
import type { Sink } from "./audio-pipes.ts";

export interface AudioReplyLinks {
  /** The sound that comes next on the data FIFO is this one's. */
  announce(sink: Sink): void;
  /** There is room, or none any more, for what is read. */
  pace(): void;
  /** Silence from now on is not the server's, or is again; see Pending. */
  time(whose: "server" | "ours"): void;
  /** Cancels the request. */
  leave(): void;
}

/** From here on the server waits until somebody takes what has come. */
const HIGH_WATER = 256 * 1024;

/**
 * The sound that answers a request: PCM chunks as an async iterable. Leaving the loop early cancels the request. `format` resolves when the
 * sound begins, `final` with the request's last event; both reject with what the request failed with, and so does the loop.
 */
export class AudioReply implements AsyncIterableIterator<Buffer>, PendingEvents, Sink {
  readonly format: Promise<AudioFormat>;
  readonly final: Promise<ToolEvent>;
  readonly #links: AudioReplyLinks;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #wake: () => void = () => undefined;
  #error: ToolError | null = null;
  #answered = false;
  /** Sound was announced, or has ended. */
  #sound: "none" | "coming" | "over" = "none";
  #begun!: (format: AudioFormat) => void;
  #finished!: (event: ToolEvent) => void;
  #refused!: (error: ToolError) => void;

  constructor(links: AudioReplyLinks) {
    this.#links = links;
    const refusals: ((error: ToolError) => void)[] = [];
    this.#refused = (error) => refusals.forEach((refuse) => refuse(error));
    this.format = new Promise((resolve, reject) => ((this.#begun = resolve), refusals.push(reject)));
    this.final = new Promise((resolve, reject) => ((this.#finished = resolve), refusals.push(reject)));
    // Whoever only takes the sound hears of a failure there.
    this.format.catch(() => undefined);
    this.final.catch(() => undefined);
  }

  get full(): boolean {
    return this.#bytes > HIGH_WATER && this.#error === null;
  }

  interim(event: ToolEvent): void {
    if (event.event !== "audio_start") return;
    this.#sound = "coming";
    const { rate, width, channels, encoding } = event as ToolEvent & AudioFormat;
    this.#begun({ rate, width, channels, encoding });
    this.#links.announce(this);
  }

  piece(bytes: Buffer): void {
    if (this.#sound === "over" || this.#error !== null) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    this.#links.time(this.full ? "ours" : "server");
    this.#wake();
  }

  ended(): void {
    this.#sound = "over";
    this.#wake();
  }

  part(event: ToolEvent, final: boolean): void {
    if (!final) return;
    this.#answered = true;
    this.#finished(event);
    this.#wake();
  }

  failed(error: ToolError): void {
    if (this.#answered) return;
    this.#error = error;
    this.#answered = true;
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#refused(error);
    this.#links.pace();
    this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer>> {
    for (;;) {
      if (this.#error !== null) throw this.#error;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        this.#links.time("server");
        this.#links.pace();
        return { value: chunk, done: false };
      }
      if (this.#sound === "over" || (this.#answered && this.#sound === "none")) return { value: undefined, done: true };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async return(): Promise<IteratorResult<Buffer>> {
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#sound = "over";
    this.#links.leave();
    this.#links.pace();
    return { value: undefined, done: true };
  }
}
