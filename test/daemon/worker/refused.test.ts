import assert from "node:assert/strict";
import { test } from "node:test";
import { transition } from "../../../daemon/worker/machine.ts";
import { initialState } from "../../../daemon/worker/state.ts";
import { policyWith } from "./policies.ts";

const blocked = { ...policyWith(), blocked: "it waits for memory" };

test("a worker that waits and can never be started fails for good, and whoever asks for it is told so at once", () => {
  const [waiting] = transition(initialState(0), { type: "wantedUp", reason: "autostart" }, blocked, 1);
  const [failed, effects] = transition(waiting, { type: "refused", reason: "it is too large" }, blocked, 2);
  assert.deepEqual([failed.phase, failed.want, failed.reason, failed.deadline], ["failed", "up", "it is too large", null]);
  assert.deepEqual(effects.map(({ type }) => type), ["releaseFifo", "record"]);
  const [again] = transition(failed, { type: "wantedUp", reason: "the memory budget has changed" }, policyWith(), 3);
  assert.equal(again.phase, "starting");
});

test("a worker that is not waiting is not refused: it was let in", () => {
  const [starting] = transition(initialState(0), { type: "wantedUp", reason: "autostart" }, policyWith(), 1);
  assert.deepEqual(transition(starting, { type: "refused", reason: "it is too large" }, policyWith(), 2), [starting, []]);
});
