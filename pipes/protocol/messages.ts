/** The envelope of what goes over the pipes: one JSON object a line. Source: wire-protocol §2–§6, docs/protocol.md. */

/** Any JSON scalar a client chooses; echoed on every event that belongs to the request. */
export type RequestId = string | number | boolean | null;

/** Client → server. `pid` names the downstream FIFO that the answer goes to. */
export interface Request {
  pid: number;
  cmd: string;
  req_id?: RequestId;
  [argument: string]: unknown;
}

/** Server → client. `done: false` says that more events of the same request follow; anything else is final. */
export interface ToolEvent {
  event: string;
  req_id?: RequestId;
  done?: boolean;
  [field: string]: unknown;
}

/** What a client of ours says at `subscribe`; an upstream client says none of it. */
export interface SubscribeOptions {
  /** The client has made `tool-NAME-up-PID` and will write there once `subscribed` says `lane: true`. */
  lane?: boolean;
  /** Events sent only to those who ask. */
  wants?: Array<"queued" | "progress" | "tool_call" | "tool_result" | "restarted">;
  /** `"result"` asks for the older form of answers, `{"result": …}`. */
  dialect?: Dialect;
}
export type Dialect = "event" | "result";

/** Events that tell how a request is doing and never end it. */
export const INTERIM_EVENTS: ReadonlySet<string> = new Set(["queued", "progress", "tool_call", "tool_result", "audio_start", "audio_stop", "audio_ready"]);

/** Whether this event is the last one of the request whose `req_id` it carries. */
export function isFinal(event: ToolEvent): boolean {
  return event.done !== false && !INTERIM_EVENTS.has(event.event);
}

export const MAX_LINE_BYTES = 64 * 1024 * 1024;
