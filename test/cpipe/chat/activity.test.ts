import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { Activity } from "../../../cpipe/chat/activity.ts";

function watched() {
  const told: string[] = [];
  const activity = new Activity((thrown) => void told.push((thrown as Error).message), () => void told.push(`ended, ${activity.busy ? "busy" : "free"}`));
  return { activity, told };
}

/** Until it is stopped. */
const forever = (signal: AbortSignal): Promise<void> => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

test("what takes no time is over before the next key, and why it failed is told", () => {
  const { activity, told } = watched();
  activity.do(() => undefined);
  activity.do(() => {
    throw new Error("no");
  });
  assert.deepEqual(told, ["ended, free", "no", "ended, free"]);
});

test("what takes a while keeps it busy, and tells why it failed", async () => {
  const { activity, told } = watched();
  let fail: (error: Error) => void = () => undefined;
  activity.do(() => new Promise((_, reject) => (fail = reject)));
  assert.deepEqual([activity.busy, told], [true, []]);
  fail(new Error("late"));
  await turn();
  assert.deepEqual(told, ["late", "ended, free"]);
});

test("it is stopped once, and that is no failure", async () => {
  const { activity, told } = watched();
  assert.equal(activity.stop(), false, "nothing is going on");
  activity.do(forever);
  assert.deepEqual([activity.stop(), activity.stop(), activity.busy], [true, false, true]);
  await turn();
  assert.deepEqual([told, activity.stop()], [["ended, free"], false]);
});
