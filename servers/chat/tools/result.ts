import type { ErrorCode } from "../../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../../pipes/protocol/messages.ts";

/** What came of a call. */
export type Outcome = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Characters of one result that the model is given at most; some 2000 tokens of English. */
export const MOST_CHARACTERS = 8000;
/** A result is not shortened below this: what is left would mislead. */
const LEAST_CHARACTERS = 200;

/** The events of an answer put together, as far as they can be of use. */
export class Collected {
  #text = "";
  #length = 0;
  #last = "";

  take(part: ToolEvent, final: boolean): void {
    const { event, req_id: _, done, ...fields } = part;
    const { text, ...others } = fields;
    if (typeof text === "string") this.#add(text);
    else if (!final) this.#add(`${JSON.stringify(fields)}\n`);
    if (!final) return;
    // The last event of a stream tells of the stream, not of what was asked.
    const told = done === true ? {} : typeof text === "string" ? others : fields;
    this.#last = Object.keys(told).length > 0 ? written(told) : this.#length > 0 ? "" : event;
  }

  outcome(): Outcome {
    const kept = [this.#text, this.#last].filter((part) => part !== "").join("\n");
    return { ok: true, text: shorten(kept, MOST_CHARACTERS, kept.length + this.#length - this.#text.length) };
  }

  #add(text: string): void {
    this.#length += text.length;
    if (this.#text.length < MOST_CHARACTERS) this.#text += text.slice(0, MOST_CHARACTERS);
  }
}

/** The beginning of a text of `whole` characters that says how much is missing. */
export function shorten(text: string, most: number, whole: number = text.length): string {
  if (whole <= most) return text;
  // Not half a character.
  const kept = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept}\n[cut here: ${whole - kept.length} further characters were left out]`;
}

/** Half of a result that does not fit into the context; null when there is too little of it to be halved. */
export function halved(text: string): string | null {
  const { length } = text;
  return length < 2 * LEAST_CHARACTERS ? null : shorten(text, Math.floor(length / 2));
}

export const LEFT_OUT = "[left out: the context has no room for it]";

/** One field is its value, several are an object; the event's name is not said. */
function written(fields: Record<string, unknown>): string {
  const values = Object.values(fields);
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only : JSON.stringify(values.length === 1 ? only : fields);
}
