import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity } from "../../../pipes/rpc/activity.ts";
import { Call } from "../../../pipes/rpc/call.ts";

const hour = 3_600_000;
const begun = (): { activity: Activity; wait: (ms: number) => void; call: () => Call } => {
  let now = 1000;
  const activity = new Activity(() => now);
  return { activity, wait: (ms) => void (now += ms), call: () => new Call("work", null, undefined, "done", false, activity) };
};

test("without anything under way there is no silence, only idleness", () => {
  const { activity, wait, call } = begun();
  wait(hour);
  assert.deepEqual([activity.calls, activity.silent(false), activity.idle], [0, 0, hour]);
  const only = call();
  wait(5000);
  assert.deepEqual([activity.calls, activity.silent(false), activity.idle], [1, 5000, 0]);
  only.finish({ event: "done" });
  wait(70);
  assert.deepEqual([activity.calls, activity.silent(false), activity.idle], [0, 0, 70]);
});

test("a part, progress, and a word of the handler each end the silence", () => {
  const { activity, wait, call } = begun();
  const only = call();
  for (const sign of [() => only.emit({ event: "token" }), () => only.progress("prompt", 1, 2), () => only.alive()]) {
    wait(hour);
    sign();
    assert.equal(activity.silent(false), 0);
  }
});

test("that another request comes, or is cancelled, or is answered at once does not mean that the first gets on", () => {
  const { activity, wait, call } = begun();
  call();
  wait(hour);
  const [left, quick] = [call(), call()];
  left.queued(3);
  left.queued(3);
  left.cancel();
  quick.finish({ event: "done" });
  assert.deepEqual([activity.calls, activity.silent(false)], [1, hour]);
});

test("a request that ends by itself, well or not, and one that moves up mean that the work gets on", () => {
  const { activity, wait, call } = begun();
  const [first, second, third] = [call(), call(), call()];
  third.queued(2);
  wait(hour);
  first.finish({ event: "done" });
  assert.equal(activity.silent(false), 0);
  wait(hour);
  third.queued(1);
  assert.equal(activity.silent(false), 0);
  wait(hour);
  second.fail(Object.assign(new Error("no"), { code: "handler-failed", facts: {} }) as never);
  assert.deepEqual([activity.calls, activity.silent(false)], [1, 0]);
});

test("a load is under way although nobody has asked for anything, and its end is no idleness", () => {
  const { activity, wait } = begun();
  wait(hour);
  assert.equal(activity.silent(true), hour);
  activity.mark();
  assert.equal(activity.silent(true), 0);
  activity.loaded();
  assert.equal(activity.idle, 0);
});
