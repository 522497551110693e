import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { ToolEvent } from "../../../pipes/protocol/messages.ts";
import { Call } from "../../../pipes/rpc/call.ts";
import type { Session } from "../../../pipes/rpc/session.ts";

/** A call of a client that notes what it is told. */
function callOf(heard: unknown[]): Call {
  const note = (event: ToolEvent): void => void heard.push(event);
  const session = { calls: new Set(), send: note, encode: JSON.stringify, sendLine: (line: string) => note(JSON.parse(line) as ToolEvent), callEnded: () => undefined };
  return new Call("ask", session as unknown as Session, 1, "token", true);
}

test("a client that waits its turn hears of it again and again, so that its timeout does not run out", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const heard: unknown[] = [];
  const call = callOf(heard);
  call.queued(2);
  mock.timers.tick(20_000);
  call.queued(1);
  mock.timers.tick(10_000);
  assert.deepEqual(heard, [2, 2, 2, 1, 1].map((position) => ({ event: "queued", position, req_id: 1 })));
  call.emit({ event: "token", text: "a", done: false });
  mock.timers.tick(60_000);
  assert.equal(heard.length, 6);
  mock.timers.reset();
});

test("a request that has ended says nothing more of its place", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const heard: unknown[] = [];
  const call = callOf(heard);
  call.queued(1);
  call.finish({ event: "token", done: true });
  mock.timers.tick(60_000);
  assert.equal(heard.length, 2);
  mock.timers.reset();
});
