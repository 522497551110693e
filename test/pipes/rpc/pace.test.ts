import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../pipes/rpc/pace.ts";

const paced = (): { pace: Pace; wait: (ms: number) => void } => {
  let now = 1000;
  return { pace: new Pace("tokens/s", () => now), wait: (ms) => void (now += ms) };
};

test("there is no pace before anything has been done", () => {
  const { pace, wait } = paced();
  assert.equal(pace.rate, null);
  const stretch = pace.begin();
  wait(100);
  assert.equal(pace.rate, null);
  stretch.end();
  assert.equal(pace.rate, null);
});

test("it is the amount over the time of the work, and stays what it was when the work has ended", () => {
  const { pace, wait } = paced();
  const stretch = pace.begin();
  for (let times = 0; times < 10; times++) {
    wait(10);
    stretch.add(1);
  }
  assert.deepEqual(pace.rate, { value: 100, unit: "tokens/s" });
  stretch.end();
  stretch.end();
  wait(3_600_000);
  assert.deepEqual(pace.rate, { value: 100, unit: "tokens/s" });
});

test("what goes on side by side adds up", () => {
  const { pace, wait } = paced();
  const [one, other] = [pace.begin(), pace.begin()];
  for (let times = 0; times < 10; times++) {
    wait(10);
    one.add(1);
    other.add(1);
  }
  assert.equal(pace.rate?.value, 200);
  one.end();
  wait(100);
  assert.ok((pace.rate?.value ?? 0) < 150, "the other one is still under way, and gets nothing done");
});

test("other work begins anew, and of long work the last seconds count", () => {
  const { pace, wait } = paced();
  const slow = pace.begin();
  for (let seconds = 0; seconds < 60; seconds++) {
    wait(1000);
    slow.add(1);
  }
  assert.ok(Math.abs((pace.rate?.value ?? 0) - 1) < 0.2);
  for (let times = 0; times < 300; times++) {
    wait(100);
    slow.add(10);
  }
  assert.ok(Math.abs((pace.rate?.value ?? 0) - 100) < 2);
  slow.end();
  const next = pace.begin();
  wait(1000);
  next.add(7);
  assert.equal(pace.rate?.value, 7);
});
