import type { ToolEvent } from "../protocol/messages.ts";

/** The commands that only the older dialect has, and what they are called now. Source: wire-protocol §3. */
export const LEGACY_COMMANDS: Readonly<Record<string, string>> = {
  status: "get_state",
  description: "get_description",
  help: "get_help",
  exit: "stop",
};

/** An event as an older client expects it: `{"result": …}`, with `done` where it is part of a stream. */
export function toResult(event: ToolEvent): Record<string, unknown> {
  const { event: name, req_id, done, ...fields } = event;
  const tail = { ...(done === undefined ? {} : { done }), ...(req_id === undefined ? {} : { req_id }) };
  if (name === "error") return { error: fields["message"], result: `error: ${String(fields["message"])}`, ...tail };
  if (name === "state_changed" || name === "restarted") return event;
  if (typeof fields["text"] === "string") return { result: fields["text"], ...tail };
  const values = Object.values(fields);
  return { result: values.length === 0 ? name : values.length === 1 ? values[0] : fields, ...tail };
}

/**
 * An event as an upstream client of the newer dialect gets it. Its `cpipe` prints an event by the number of its fields,
 * so only what upstream itself sends may be there. `result` beside a token's text serves the seed's client, which reads
 * `result` and `done`, and is never printed.
 */
export function toUpstream(event: ToolEvent): Record<string, unknown> {
  switch (event.event) {
    case "token":
      // Only a stream's: one without `done` (speech to text) is printed by the number of its fields.
      if (event.done === undefined) return { event: "token", text: event["text"], ...idOf(event) };
      return { event: "token", text: event["text"], done: event.done, result: event["text"], ...idOf(event) };
    case "reply":
      return { event: "reply", text: event["text"], ...(event.done === undefined ? {} : { done: event.done }), ...idOf(event) };
    case "error":
      return { event: "error", message: event["message"], ...(event.req_id === undefined ? {} : { req_id: event.req_id, cmd: event["cmd"] }) };
    case "state":
    case "state_changed":
      return { event: event.event, state: event["state"], ...idOf(event) };
    default:
      return event;
  }
}

function idOf(event: ToolEvent): { req_id?: unknown } {
  return event.req_id === undefined ? {} : { req_id: event.req_id };
}
