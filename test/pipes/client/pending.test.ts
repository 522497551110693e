import assert from "node:assert/strict";
import { test } from "node:test";
import { Pending } from "../../../pipes/client/pending.ts";

test("A request for which a tool was used is not sent again, though it could be otherwise", () => {
  const seen: string[] = [];
  const pending = new Pending("chat", "{}\n", { idempotent: true, timeout: Number.POSITIVE_INFINITY, onInterim: ({ event }) => seen.push(event) }, { part: () => undefined, failed: () => undefined }, () => undefined);
  pending.take({ event: "queued", position: 1 });
  assert.equal(pending.repeatable, true);
  pending.take({ event: "tool_call", tool: "files", cmd: "write", args: {} });
  assert.equal(pending.repeatable, false);
  assert.deepEqual(seen, ["queued", "tool_call"]);
});
