import { ToolError, isErrorCode, type Facts } from "../protocol/errors.ts";
import type { RequestId, ToolEvent } from "../protocol/messages.ts";

/** A line from a server as an event, whichever dialect it speaks; null when it is neither. */
export function parseEvent(line: string): ToolEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null; // what is not JSON is nobody's answer
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const message = value as Record<string, unknown>;
  if (typeof message["event"] === "string") return message as ToolEvent;
  return fromResult(message);
}

/** The older dialect: `{"result": …}` alone, or with `done` as part of a stream; `{"error": …}`. */
function fromResult(message: Record<string, unknown>): ToolEvent | null {
  const { result, error, done, req_id, ...rest } = message;
  const tail = req_id === undefined ? {} : { req_id: req_id as RequestId };
  if (error !== undefined) return { event: "error", message: textOf(error), ...tail };
  if (result === undefined) return null;
  if (result === "subscribed") return { event: "subscribed", ...tail };
  if (typeof done === "boolean") return { event: "token", text: textOf(result), done, ...tail };
  return { event: "reply", ...(typeof result === "object" && result !== null && !Array.isArray(result) ? result : { text: result }), ...rest, ...tail };
}

/** An `error` event as the error that a caller gets. An upstream server sends the sentence alone. */
export function errorOf(event: ToolEvent): ToolError {
  const code = isErrorCode(event["code"]) ? event["code"] : "handler-failed";
  return new ToolError(code, (event["details"] as Facts | undefined) ?? {}, { message: textOf(event["message"] ?? "the server gave no reason") });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Events that belong to no request, even when a request is the only thing under way. Source: wire-protocol §2. */
export const BROADCASTS: ReadonlySet<string> = new Set(["state_changed", "speech_start", "speech_end", "speech", "restarted", "closing", "subscribed"]);
