import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { errors, type ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import { isObject } from "../options.ts";

/** Characters of a stream that are kept at most: some streams have no end but the one that is made to them. */
const MOST = 4 * 1024 * 1024;

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
  #length = 0;

  constructor(tool: string) {
    this.#tool = tool;
  }

  /** A part of a stream. Returns it as text. */
  part(event: ToolEvent): string {
    const fields = fieldsOf(event, this.#tool);
    const { text } = fields;
    const told = typeof text === "string" ? text : `${JSON.stringify(fields)}\n`;
    this.#length += told.length;
    if (this.#length > MOST) return told;
    this.#parts.push(fields);
    if (typeof text === "string") this.#text += text;
    this.#rich ||= typeof text !== "string" || Object.values(fields).some((value) => typeof value === "object" && value !== null);
    return told;
  }

  final(event: ToolEvent): CallToolResult {
    const { text, ...others } = fieldsOf(event, this.#tool);
    const whole = this.#text + (typeof text === "string" ? text : "") + this.#missing;
    const fields = typeof text === "string" || text === undefined ? others : { text, ...others };
    const parts = this.#rich ? { parts: this.#parts } : {};
    if (this.#text !== "" || typeof text === "string") return { content: [textContent(whole)], ...(this.#rich ? { structuredContent: { text: whole, ...parts, ...fields } } : {}) };
    const all = { ...parts, ...fields, ...(this.#length > MOST ? { missing: this.#missing } : {}) };
    if (Object.keys(all).length === 0) return { content: [textContent(this.#parts.length > 0 || event.done === true ? "" : event.event)] };
    const [only, ...more] = Object.values(all);
    return { content: [textContent(more.length === 0 && typeof only === "string" ? only : JSON.stringify(all))], structuredContent: all };
  }

  get #missing(): string {
    return this.#length > MOST ? `\n[the answer has ${this.#length} characters; those past the first ${MOST} were told as progress only]` : "";
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
  const { event: _, req_id: __, done: ___, ...all } = event;
  const { result, ...others } = all;
  const fields = result !== undefined && result === all["text"] ? others : all; // the older dialect's word for the same
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
