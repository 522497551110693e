import type { ToolEvent } from "../pipes/protocol/messages.ts";
import { plain } from "./describe.ts";

/** What a line on a terminal is kept to, in characters. */
const WIDTH = 160;

/** `tool_call` and `tool_result` as a line: what a model does for the request, and what came of it. Null for other news. */
export function useOf(event: ToolEvent): string | null {
  const { tool, cmd } = event as { tool?: unknown; cmd?: unknown };
  if (event.event === "tool_call") return short(`${String(tool)} ${String(cmd)} ${JSON.stringify(event["args"] ?? {})}`);
  if (event.event !== "tool_result") return null;
  return short(event["ok"] === true ? `  -> ${String(event["text"])}` : `  failed: ${String(event["message"])}`);
}

/** What is to be known of an answer beside its text; null for most. */
export function caveatOf(event: ToolEvent): string | null {
  const { trimmed } = event as { trimmed?: unknown };
  if (typeof trimmed !== "number" || trimmed === 0) return null;
  return `the oldest ${trimmed === 1 ? "message was" : `${trimmed} messages were`} left out: the model's context has no room for all`;
}

/** What a tool or a model wrote, as one line that a terminal does not obey. */
function short(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const line = indent + plain(text.slice(0, 4 * WIDTH));
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}
