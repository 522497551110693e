import { WIRE_NAMES, type WireRequest } from "./request.ts";

/** What an endpoint turned out not to take, found out by its first refusal and kept in mind: nothing that anybody has asked for. */
export class Habits {
  #newName = false;
  readonly #without = new Set<string>();

  /** The body as the endpoint takes it. */
  fit(body: WireRequest): WireRequest {
    const entries = Object.entries(body).filter(([name]) => !this.#without.has(name));
    return Object.fromEntries(entries.map(([name, value]) => [name === OLD_NAME && this.#newName ? NEW_NAME : name, value]));
  }

  /** Whether the refusal of `body` teaches something, so that it may be asked again. */
  learn(body: WireRequest, refusal: string): boolean {
    if (Object.hasOwn(body, OLD_NAME) && refusal.includes(NEW_NAME) && /max_tokens\W.*(?:not supported|unsupported|instead)|unsupported.*max_tokens/i.test(refusal)) return (this.#newName = true);
    const unwanted = OURS.find((name) => Object.hasOwn(body, name) && refusal.includes(name));
    if (unwanted !== undefined) this.#without.add(unwanted);
    return unwanted !== undefined;
  }
}

/** OpenAI's models that think take the limit by another name, which most other servers do not know. */
const OLD_NAME = WIRE_NAMES.maxTokens;
const NEW_NAME = "max_completion_tokens";
/** What is sent for our own ends, and can be done without. */
const OURS = ["stream_options", "parallel_tool_calls"] as const;

/** Those of our own names for options that a refusal is about. @param text what the endpoint has sent */
export function refusedOptions(body: WireRequest, text: string): string[] {
  const named = Object.entries(NAMES).filter(([, wire]) => wire.some((name) => Object.hasOwn(body, name) && isNamed(name, text)));
  return named.map(([name]) => name);
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.entries(WIRE_NAMES).map(([name, wire]) => [name, wire === OLD_NAME ? [OLD_NAME, NEW_NAME] : [wire]])),
  schema: ["response_format"],
  functions: ["tools"],
};

/** A name with an underscore is nothing else; words such as `stop` have to stand in quotes, or behind a colon. */
function isNamed(name: string, text: string): boolean {
  return name.includes("_") ? text.includes(name) : new RegExp(`["'\`]${name}["'\`]|: ${name}\\b`).test(text);
}
