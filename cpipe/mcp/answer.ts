import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { errors, type ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import { isObject } from "../options.ts";

/**
 * The events of a request as the result of a call. A text is text and nothing else; what is no text is JSON, as text and as `structuredContent`. A text
 * whose parts have more to tell (the times of words) is both.
 */
export class Answer {
  readonly #tool: string;
  #text = "";
  readonly #parts: Record<string, unknown>[] = [];
  /** Some part tells more than its text. */
  #rich = false;

  constructor(tool: string) {
    this.#tool = tool;
  }

  /** A part of a stream. Returns it as text. */
  part(event: ToolEvent): string {
    const fields = fieldsOf(event, this.#tool);
    this.#parts.push(fields);
    if (typeof fields["text"] !== "string") {
      this.#rich = true;
      return `${JSON.stringify(fields)}\n`;
    }
    this.#text += fields["text"];
    this.#rich ||= Object.values(fields).some((value) => typeof value === "object" && value !== null);
    return fields["text"];
  }

  final(event: ToolEvent): CallToolResult {
    const { text, ...others } = fieldsOf(event, this.#tool);
    const whole = this.#text + (typeof text === "string" ? text : "");
    const fields = typeof text === "string" || text === undefined ? others : { text, ...others };
    const parts = this.#rich ? { parts: this.#parts } : {};
    if (whole !== "" || typeof text === "string") return { content: [textContent(whole)], ...(this.#rich ? { structuredContent: { text: whole, ...parts, ...fields } } : {}) };
    const all = { ...parts, ...fields };
    if (Object.keys(all).length === 0) return { content: [textContent(this.#parts.length > 0 || event.done === true ? "" : event.event)] };
    const [only, ...more] = Object.values(all);
    return { content: [textContent(more.length === 0 && typeof only === "string" ? only : JSON.stringify(all))], structuredContent: all };
  }

  /** What had come before it failed stands before the reason. */
  failed(error: ToolError): CallToolResult {
    const { code, message, facts } = error;
    const before = this.#text === "" ? [] : [textContent(this.#text)];
    const told = { code, message, retryable: errors[code].retryable, ...(Object.keys(facts).length === 0 ? {} : { details: facts }) };
    return { content: [...before, textContent(`${message} (${code})`)], structuredContent: { error: plain(told) }, isError: true };
  }
}

function textContent(text: string): { type: "text"; text: string } {
  return { type: "text", text };
}

/** What the daemon tells of a tool without what the list of tools has already, and what only it itself can use. */
const OWN_TO_THE_DAEMON = ["interfaces", "startTime", "specHash", "run", "beside", "spec"];

function fieldsOf(event: ToolEvent, tool: string): Record<string, unknown> {
  const { event: _, req_id: __, done: ___, result: ____, ...fields } = event;
  if (tool !== SUPERVISOR) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Array.isArray(value) ? value.map(shortened) : shortened(value)]));
}

function shortened(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value["interfaces"])) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OWN_TO_THE_DAEMON.includes(name)));
}

/** Facts may hold what JSON cannot say. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
