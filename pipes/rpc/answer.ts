import { ToolError } from "../protocol/errors.ts";
import type { ToolEvent } from "../protocol/messages.ts";
import { INTERIM_EVENTS } from "../protocol/messages.ts";
import type { Call } from "./call.ts";
import type { Handler } from "./handler.ts";

/**
 * Runs a handler and turns what it gives back, or throws, into the request's one final answer. Never throws.
 * A handler that answers at once is answered in the same turn of the event loop.
 */
export function runHandler(handler: Handler, args: unknown, call: Call): void {
  try {
    const answer = handler.run(args, call);
    if (isAsyncIterable(answer)) void stream(answer, call);
    else if (answer instanceof Promise) answer.then((value) => call.finish(eventOf(value, call.reply)), (thrown) => failed(thrown, call));
    else call.finish(eventOf(answer, call.reply));
  } catch (thrown) {
    failed(thrown, call);
  }
}

/** Sends the parts as they come, no faster than the client reads them, and stops pulling when the request has ended. */
async function stream(parts: AsyncIterable<unknown>, call: Call): Promise<void> {
  const iterator = parts[Symbol.asyncIterator]();
  let text = false;
  try {
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) {
        const { done: _, ...last } = eventOf(value ?? {}, call.reply);
        call.finish({ ...last, ...(text && !("text" in last) ? { text: "" } : {}), event: last.event, done: true });
        return;
      }
      if (call.ended) return;
      const part = eventOf(value, call.reply);
      text ||= typeof part["text"] === "string";
      call.emit(INTERIM_EVENTS.has(part.event) ? part : { ...part, done: false });
      await call.ready();
    }
  } catch (thrown) {
    failed(thrown, call);
  } finally {
    if (call.ended) await iterator.return?.()?.then(undefined, () => undefined); // its own clean-up; the request has been answered
  }
}

function failed(thrown: unknown, call: Call): void {
  if (call.ended) return;
  call.fail(ToolError.from(thrown, "handler-failed", { cmd: call.cmd }));
}

/** `undefined` → the event alone · text → `{text}` · an object → its fields · anything else → `{value}`. */
function eventOf(value: unknown, reply: string): ToolEvent {
  if (value === undefined) return { event: "ok" };
  if (typeof value === "string") return { event: reply, text: value };
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { event: reply, ...value };
  return { event: reply, value };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
