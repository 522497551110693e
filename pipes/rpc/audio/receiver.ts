import { ToolError } from "../../protocol/errors.ts";
import type { Call } from "../call.ts";
import type { AudioReceiver } from "./audio.ts";

export interface ReceiverEvents {
  /** Somebody waits for the first of it. */
  readonly asked: () => void;
  /** How much is held has changed. */
  readonly held: () => void;
  readonly ended: () => void;
}

const ALIVE_MS = 5000;

/** One recording on its way from a client: pushed as it comes, pulled by the request's handler. */
export class Receiver implements AudioReceiver, AsyncIterator<Buffer> {
  readonly #call: Call;
  readonly #events: ReceiverEvents;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #asked = false;
  #over = false;
  #error: ToolError | null = null;
  #wake: () => void = () => undefined;

  constructor(call: Call, events: ReceiverEvents) {
    this.#call = call;
    this.#events = events;
    call.onEnd(() => this.#end(new ToolError("cancelled")));
  }

  /** Bytes that are here and were not pulled yet. */
  get bytes(): number {
    return this.#bytes;
  }

  get open(): boolean {
    return !this.#over;
  }

  push(chunk: Buffer): void {
    if (this.#over) return;
    this.#call.alive();
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#wake();
    this.#events.held();
  }

  /** There is no more. */
  finish(): void {
    this.#end(null);
  }

  /** Ends its request. */
  fail(error: ToolError): void {
    this.#call.abort(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer>> {
    if (!this.#asked && !this.#over) {
      this.#asked = true;
      this.#events.asked();
    }
    if (this.#chunks.length === 0 && !this.#over) await this.#arrival();
    if (this.#error !== null) throw this.#error;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return { value: undefined, done: true };
    this.#bytes -= chunk.length;
    this.#events.held();
    return { value: chunk, done: false };
  }

  async return(): Promise<IteratorResult<Buffer>> {
    this.#end(null);
    this.#drop();
    return { value: undefined, done: true };
  }

  /** Nobody is hung while a client has nothing to say. */
  async #arrival(): Promise<void> {
    const patience = setInterval(() => this.#call.alive(), ALIVE_MS).unref();
    while (this.#chunks.length === 0 && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearInterval(patience);
  }

  #end(error: ToolError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    if (error !== null) this.#drop();
    this.#wake();
    this.#events.ended();
  }

  #drop(): void {
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#events.held();
  }
}
