import { EventStream } from "../../../engines/endpoint/event-stream.ts";

/** What an endpoint sends of a reply. */
export type Sent =
  /** A piece of it; all of it where the endpoint does not stream. */
  | { readonly type: "chunk"; readonly chunk: object }
  /** What it says has gone wrong, with a status if it tells one. */
  | { readonly type: "error"; readonly text: string; readonly status: number | null }
  /** Neither. */
  | { readonly type: "garbage"; readonly text: string }
  /** Its own word that there is no more. Some endpoints leave it out. */
  | { readonly type: "end" };

/** Reads an answer that comes in pieces, cut anywhere: an event stream, or JSON where the endpoint does not stream. */
export class AnswerReader {
  #events: EventStream | null = null;
  /** Until it is known what comes, and all of it where that is JSON. */
  #held = "";
  #any = false;

  /** How many characters have come of something that is not complete. */
  get held(): number {
    return this.#events === null ? this.#held.length : this.#events.held;
  }

  push(text: string): Sent[] {
    if (this.#events !== null) return this.#read(this.#events.push(text));
    this.#held += text;
    // No line of an event stream begins with a brace.
    if (/^\s*(?:\{|$)/.test(this.#held)) return [];
    this.#events = new EventStream();
    return this.#read(this.#events.push(this.#held));
  }

  end(): Sent[] {
    if (this.#events === null) return this.#held.trim() === "" ? [] : [sentBy(this.#held)];
    const last = this.#read(this.#events.end());
    return this.#any ? last : [{ type: "garbage", text: this.#held }];
  }

  #read(events: readonly { readonly data: string }[]): Sent[] {
    this.#any ||= events.length > 0;
    return events.map(({ data }) => sentBy(data));
  }
}

function sentBy(text: string): Sent {
  if (text.trim() === "[DONE]") return { type: "end" };
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return { type: "garbage", text };
  const { error, object, code } = value as { error?: unknown; object?: unknown; code?: unknown };
  // Older vLLM's errors stand in nothing.
  if (object === "error") return { type: "error", text, status: numberIn(code) };
  if (error === undefined || error === null) return { type: "chunk", chunk: value };
  return { type: "error", text, status: numberIn((error as { code?: unknown }).code) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
