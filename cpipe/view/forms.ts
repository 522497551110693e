import { useOf } from "../use.ts";

/** What one line of a stream says. `part` tells several answers in one stream from each other (OpenAI's `n`). */
export type Piece =
  | { readonly kind: "answer" | "reasoning" | "note"; readonly text: string; readonly part: number }
  /** A text that is the answer only if no part of it came before. */
  | { readonly kind: "whole"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  /** The answer is complete; null: all of them are. */
  | { readonly kind: "end"; readonly part: number | null };

type Fields = Readonly<Record<string, unknown>>;

/**
 * A JSON object as the pieces it stands for; null when it is of none of the forms: Ollama's chat and generate lines, the
 * events of our tools in both dialects, OpenAI's chunks and whole answers, errors of all of them.
 * Sources: Ollama docs/api.md, OpenAI API reference "Chat completion chunk", docs/protocol.md.
 */
export function piecesOf(value: Fields): Piece[] | null {
  const failure = failureOf(value);
  if (failure !== null) return [{ kind: "error", text: failure }, { kind: "end", part: null }];
  const { message, choices, response, event, result, done } = value;
  if (Array.isArray(choices)) return choices.filter(isFields).flatMap(choicePieces);
  if (isFields(message) && ("content" in message || "tool_calls" in message)) return [...messagePieces(message, 0), ...ending(done === true)];
  if (typeof response === "string" && typeof done === "boolean") return [...text("reasoning", value["thinking"]), ...text("answer", response), ...ending(done)];
  if (typeof event === "string") return eventPieces(event, value);
  if (result !== undefined) return resultPieces(result, done);
  return null;
}

/** `{"error": "…"}`, `{"error": {"message": "…"}}`, `{"event": "error", "message": "…"}` */
function failureOf({ error, event, message }: Fields): string | null {
  if (event === "error") return typeof message === "string" ? message : "the tool says no more of it";
  if (typeof error === "string") return error;
  if (!isFields(error)) return null;
  return typeof error["message"] === "string" ? error["message"] : JSON.stringify(error);
}

function choicePieces(choice: Fields): Piece[] {
  const part = typeof choice["index"] === "number" ? choice["index"] : 0;
  const said = isFields(choice["delta"]) ? choice["delta"] : isFields(choice["message"]) ? choice["message"] : { content: choice["text"] };
  const isOver = typeof choice["finish_reason"] === "string";
  return [...messagePieces(said, part), ...(isOver ? [{ kind: "end", part } as const] : [])];
}

function messagePieces(message: Fields, part: number): Piece[] {
  const thought = message["thinking"] ?? message["reasoning_content"] ?? message["reasoning"];
  return [...text("reasoning", thought, part), ...text("answer", message["content"], part), ...text("answer", message["refusal"], part), ...text("note", toolCalls(message["tool_calls"]), part)];
}

/** Ollama sends a call whole, OpenAI its name first and then its arguments in pieces of JSON. */
function toolCalls(calls: unknown): string {
  if (!Array.isArray(calls)) return "";
  const functions = calls.map((call: unknown) => (isFields(call) && isFields(call["function"]) ? call["function"] : {}));
  return functions.map(({ name, arguments: args }) => `${typeof name === "string" ? `\ncalls ${name} ` : ""}${typeof args === "string" ? args : args === undefined ? "" : JSON.stringify(args)}`).join("");
}

function eventPieces(event: string, value: Fields): Piece[] | null {
  const { text: said, done } = value;
  switch (event) {
    case "token":
      return [...(done === true && typeof said === "string" ? [{ kind: "whole", text: said } as const] : text("answer", said)), ...ending(done === true)];
    case "reply":
      return [...(typeof said === "string" ? [{ kind: "whole", text: said } as const] : []), ...ending(done !== false)];
    case "tool_call":
    case "tool_result":
      return text("note", `\n${useOf({ ...value, event }) ?? ""}`);
    case "queued":
    case "progress":
    case "subscribed":
      return [];
    default:
      if (done !== true) return null;
      return [...(typeof said === "string" ? [{ kind: "whole", text: said } as const] : []), ...ending(true)];
  }
}

/** The older dialect; `done` tells a part of a stream from an answer. */
function resultPieces(result: unknown, done: unknown): Piece[] {
  const said = typeof result === "string" ? result : JSON.stringify(result, null, 2);
  return [...(done === true ? [{ kind: "whole", text: said } as const] : text("answer", said)), ...ending(done !== false)];
}

function text(kind: "answer" | "reasoning" | "note", value: unknown, part = 0): Piece[] {
  const said = Array.isArray(value) ? value.map((one: unknown) => (isFields(one) ? one["text"] : one)).filter((one) => typeof one === "string").join("") : value;
  return typeof said === "string" && said !== "" ? [{ kind, text: said, part }] : [];
}

function ending(isOver: boolean): Piece[] {
  return isOver ? [{ kind: "end", part: 0 }] : [];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
