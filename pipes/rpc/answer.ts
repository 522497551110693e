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
    if (isThenable(answer)) void answered(answer, call);
    else give(answer, call);
  } catch (thrown) {
    failed(thrown, call);
  }
}

async function answered(answer: PromiseLike<unknown>, call: Call): Promise<void> {
  try {
    give(await answer, call);
  } catch (thrown) {
    failed(thrown, call);
  }
}

function give(answer: unknown, call: Call): void {
  if (isStream(answer)) void stream(answer, call);
  else call.finish(lastOf(answer, call));
}

type Stream = AsyncIterable<unknown> | Iterable<unknown>;
/** How long parts that are ready at once may keep the event loop from everybody else, in ms. */
const TURN_MS = 5;

/** Sends the parts as they come, no faster than the client reads them, and stops pulling when the request has ended. */
async function stream(parts: Stream, call: Call): Promise<void> {
  let iterator: AsyncIterator<unknown> | Iterator<unknown> | null = null;
  let text = false;
  try {
    iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
    for (let turn = performance.now(); ; ) {
      const { value, done } = await iterator.next();
      if (done) {
        const last = lastOf(value ?? {}, call);
        call.finish({ ...last, ...(text && !("text" in last) ? { text: "" } : {}), event: last.event, done: true });
        return;
      }
      if (call.session === null) call.cancel("nobody has subscribed to its parts");
      if (call.ended) return;
      const part = eventOf(value, call.reply);
      text ||= typeof part["text"] === "string";
      call.emit(INTERIM_EVENTS.has(part.event) ? part : { ...part, done: false });
      await call.ready();
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise(setImmediate);
      turn = performance.now();
    }
  } catch (thrown) {
    failed(thrown, call);
  } finally {
    if (call.ended) await leave(iterator);
  }
}

/** Lets a generator clean up; the request has been answered, so what fails there concerns nobody. */
async function leave(iterator: AsyncIterator<unknown> | Iterator<unknown> | null): Promise<void> {
  try {
    await iterator?.return?.();
  } catch {
    // see above
  }
}

function failed(thrown: unknown, call: Call): void {
  if (call.ended) return;
  const error = ToolError.from(thrown, "handler-failed", { cmd: call.cmd });
  try {
    call.fail(error);
  } catch {
    call.fail(new ToolError("handler-failed", { cmd: call.cmd, reason: error.message })); // its facts cannot be said in JSON
  }
}

/** `undefined` → the event alone · text → `{text}` · a plain object → its fields · anything else → `{value}`. */
function eventOf(value: unknown, reply: string): ToolEvent {
  if (value === undefined) return { event: "ok" };
  if (typeof value === "string") return { event: reply, text: value };
  if (!isFields(value)) return { event: reply, value };
  return { event: reply, ...value };
}

/** An object that is its fields; not a list, nor what JSON writes in a way of its own, nor one whose `event` names no event. */
function isFields(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value) || "toJSON" in value) return false;
  return !("event" in value) || typeof value.event === "string";
}

/** An answer that a client would wait on for ever is no answer. */
function lastOf(value: unknown, call: Call): ToolEvent {
  const event = eventOf(value, call.reply);
  if (!INTERIM_EVENTS.has(event.event)) return "done" in event ? withoutDone(event) : event;
  throw new ToolError("handler-failed", { cmd: call.cmd, reason: `'${event.event}' was to be the answer, but it never ends a request` });
}

function withoutDone({ done: _done, ...event }: ToolEvent): ToolEvent {
  return event;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Async iterables, and generators that need not wait; other iterables (lists, maps) are values. */
function isStream(value: unknown): value is Stream {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || (Symbol.iterator in value && "next" in value);
}
