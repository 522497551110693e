import { type ToolError, errors } from "../pipes/protocol/errors.ts";
import type { ToolEvent } from "../pipes/protocol/messages.ts";
import type { Output } from "./flags.ts";

/** Turns the events of one request into what standard output gets. */
export interface Renderer {
  /** A part of a stream. */
  part(event: ToolEvent): string;
  /** `queued`, `progress`: news, not part of the answer. */
  interim(event: ToolEvent): string;
  final(event: ToolEvent): string;
  failed(error: ToolError): string;
  /** The request ends here for want of a reader or by a signal; an open line is closed. */
  broken(): string;
}

/** Says an event in words for people; null when the general rules should, an empty text for what nothing is to be said of. */
export type Presenter = (event: ToolEvent) => string | null;

export function rendererFor(output: Output, tty: boolean, present: Presenter = () => null): Renderer {
  if (output === "jsonl") return new LinesRenderer();
  return output === "json" ? new ObjectRenderer() : new TextRenderer(tty, present);
}

/**
 * An event by upstream's rules: its name when it has no field, the bare value of a single one, JSON of several.
 * Source: wire-protocol §6. `reply {text, …}` is its text: what else we say of it is about the text.
 */
export function textOf(event: ToolEvent, tty: boolean): string {
  const fields = fieldsOf(event);
  if (event.event === "reply" && typeof fields["text"] === "string") return fields["text"];
  const values = Object.values(fields);
  if (values.length === 0) return event.event;
  const value = values.length === 1 ? values[0] : fields;
  if (typeof value === "string") return value;
  return (tty ? JSON.stringify(value, null, 2) : JSON.stringify(value)) ?? String(value);
}

class TextRenderer implements Renderer {
  readonly #tty: boolean;
  readonly #present: Presenter;
  #last = "\n";
  #texts = 0;

  constructor(tty: boolean, present: Presenter) {
    this.#tty = tty;
    this.#present = present;
  }

  part(event: ToolEvent): string {
    const said = this.#present(event);
    if (said === null && typeof event["text"] === "string") {
      if (event["text"] !== "") this.#texts++;
      return this.#note(event["text"]);
    }
    return said === "" ? "" : this.#line(event);
  }

  interim(): string {
    return "";
  }

  final(event: ToolEvent): string {
    if (event.done !== true) return this.#line(event);
    // The end of a stream; its text has been printed, unless it came all at once.
    const text = this.#texts === 0 && typeof event["text"] === "string" ? this.#note(event["text"]) : "";
    return text + this.broken();
  }

  failed(): string {
    return this.broken();
  }

  broken(): string {
    return this.#last === "\n" ? "" : this.#note("\n");
  }

  #line(event: ToolEvent): string {
    const said = this.#present(event);
    if (said === "") return this.broken();
    const text = said ?? textOf(event, this.#tty);
    return this.broken() + this.#note(text.endsWith("\n") ? text : `${text}\n`);
  }

  #note(text: string): string {
    if (text !== "") this.#last = text.at(-1) ?? "";
    return text;
  }
}

/** One object: the final event, with the text of the parts put together, or the parts themselves where they are no text. */
class ObjectRenderer implements Renderer {
  #text = "";
  readonly #parts: unknown[] = [];

  part(event: ToolEvent): string {
    if (typeof event["text"] === "string") this.#text += event["text"];
    else this.#parts.push(fieldsOf(event));
    return "";
  }

  interim(): string {
    return "";
  }

  final(event: ToolEvent): string {
    const { req_id: _, ...rest } = event;
    const text = this.#text === "" ? {} : { text: this.#text + (typeof event["text"] === "string" ? event["text"] : "") };
    return jsonLine({ ...rest, ...text, ...(this.#parts.length === 0 ? {} : { parts: this.#parts }) });
  }

  failed(error: ToolError): string {
    return jsonLine({ ...errorEvent(error), ...(this.#text === "" ? {} : { text: this.#text }) });
  }

  broken(): string {
    return "";
  }
}

/** Every event of the request as a line of its own. */
class LinesRenderer implements Renderer {
  part(event: ToolEvent): string {
    const { req_id: _, ...rest } = event;
    return jsonLine(rest);
  }

  interim(event: ToolEvent): string {
    return this.part(event);
  }

  final(event: ToolEvent): string {
    return this.part(event);
  }

  failed(error: ToolError): string {
    return jsonLine(errorEvent(error));
  }

  broken(): string {
    return "";
  }
}

/** Failures that the output has as an event. */
const told = new WeakSet<ToolError>();

/** A program that reads JSON gets every failure as an event, also one from before there was a request; as `shown`. Empty when it has it already. */
export function failureLine(error: ToolError, shown: ToolError = error): string {
  return told.has(error) ? "" : jsonLine(errorEvent(shown));
}

/** The failure as an event, whoever noticed it. */
export function errorEvent(error: ToolError): object {
  told.add(error);
  const { code, message, facts } = error;
  return { event: "error", code, message, retryable: errors[code].retryable, ...(Object.keys(facts).length === 0 ? {} : { details: facts }) };
}

function fieldsOf(event: ToolEvent): Record<string, unknown> {
  const { event: _, req_id: __, done: ___, ...fields } = event;
  return fields;
}

function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
