/** One event of a stream. */
export interface StreamEvent {
  /** `message` where it has no other name. */
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events that come in pieces, cut anywhere. Source: html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.6 */
export class EventStream {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #begun = false;
  /** The rest ends with a CR, whose line is complete as soon as anything follows. */
  #halfway = false;

  /** How many characters have come of an event that is not complete. */
  get held(): number {
    return this.#data.reduce((sum, { length }) => sum + length, this.#rest.length);
  }

  /** The events that are complete by now. */
  push(text: string): StreamEvent[] {
    this.#rest += this.#begun ? text : text.replace(/^\uFEFF/, "");
    this.#begun ||= text !== "";
    // Of a long line only what is new is looked at.
    if (!this.#halfway && !/[\r\n]/.test(text)) return [];
    this.#halfway = text === "" ? this.#halfway : text.endsWith("\r");
    // A CR at the end may be half of a CR LF.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line));
  }

  /** The last event, where the stream ends without the blank line after it: servers leave that out. */
  end(): StreamEvent[] {
    const line = this.#rest.replace(/\r$/, "");
    this.#rest = "";
    return [...(line === "" ? [] : this.#take(line)), ...this.#take("")];
  }

  #take(line: string): StreamEvent[] {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    return []; // Comments, which keep a connection alive, have an empty field name.
  }

  #dispatch(): StreamEvent[] {
    const events = this.#data.length === 0 ? [] : [{ event: this.#event || "message", data: this.#data.join("\n") }];
    this.#event = "";
    this.#data = [];
    return events;
  }
}
