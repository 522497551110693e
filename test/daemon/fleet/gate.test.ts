import assert from "node:assert/strict";
import { test } from "node:test";
import { isStuck, type Standing, waitsBecause } from "../../../daemon/fleet/gate.ts";
import type { Ordered } from "../../../daemon/fleet/order.ts";
import { initialState, type WorkerState } from "../../../daemon/worker/state.ts";

const base = initialState(0);
const down: WorkerState = base;
const starting: WorkerState = { ...base, want: "up", phase: "starting", pid: 1, answered: false, inspected: false, probing: false };
const ready = (state: string, reason = "because"): WorkerState => ({ ...base, want: "up", phase: "ready", pid: 1, state, reason });
const waiting: WorkerState = { ...base, want: "up", phase: "waiting", cause: "asked", probing: false };
const failed: WorkerState = { ...base, want: "up", phase: "failed", reason: "it exited with code 1" };
const backoff: WorkerState = { ...base, want: "up", phase: "backoff" };
const resting: WorkerState = { ...base, want: "up", phase: "resting" };
const stopping = (want: "up" | "down"): WorkerState => ({ ...base, want, phase: "stopping", pid: 1, step: "asked", exited: false, after: want === "up" ? { kind: "start", reason: "" } : { kind: "down", reason: "" }, probing: false });

const need = (...needs: string[]): Ordered => ({ needs, after: [] });
const after = (...names: string[]): Ordered => ({ needs: [], after: names });
const world = (tools: Record<string, Standing>) => (name: string) => tools[name];
const why = (other: WorkerState, order = need("vector")): string | null => waitsBecause("chat", world({ chat: { ...order, state: waiting }, vector: { ...need(), state: other } }));

test("A tool waits for what it needs until that is ready to work", () => {
  assert.equal(why(ready("idle")), null);
  assert.equal(why(ready("busy")), null);
  assert.equal(why(ready("released")), null);
  assert.equal(why(resting), null, "the first request brings it");
  assert.equal(why(starting), "it waits for vector, which is starting");
  assert.equal(why(ready("loading")), "it waits for vector, which is loading");
  assert.equal(why(ready("error", "no model")), "it waits for vector, which is in error: no model");
  assert.equal(why(failed), "it waits for vector, which has failed: it exited with code 1");
  assert.equal(why(down), "it waits for vector, which is down");
});

test("A tool that is only after another waits while that is on its way, and for nothing else", () => {
  for (const coming of [starting, ready("loading"), stopping("up")]) assert.match(why(coming, after("vector")) ?? "", /^it waits for vector, which is /);
  for (const settled of [down, failed, backoff, resting, ready("idle"), ready("error"), stopping("down"), waiting]) assert.equal(why(settled, after("vector")), null, settled.phase);
});

test("Whoever is after a tool that waits in vain does not wait with it", () => {
  const tools = (db: WorkerState): Record<string, Standing> => ({ chat: { ...after("vector"), state: waiting }, vector: { ...need("db"), state: waiting }, db: { ...need(), state: db } });
  assert.equal(waitsBecause("chat", world(tools(starting))), "it waits for vector, which waits itself");
  assert.equal(waitsBecause("chat", world(tools(failed))), null);
});

test("A tool is stuck when something that it needs does not come by itself", () => {
  const stuck = (other: WorkerState): boolean => isStuck("chat", world({ chat: { ...need("vector"), state: waiting }, vector: { ...need(), state: other } }));
  for (const hopeless of [down, failed, backoff, ready("error"), stopping("down")]) assert.equal(stuck(hopeless), true, hopeless.phase);
  for (const coming of [starting, ready("loading"), stopping("up"), ready("idle"), resting]) assert.equal(stuck(coming), false, coming.phase);
});

test("All that is waited for is named", () => {
  const tools = { chat: { needs: ["vector", "db"], after: ["db"], state: waiting }, vector: { ...need(), state: starting }, db: { ...need(), state: starting } };
  assert.equal(waitsBecause("chat", world(tools)), "it waits for vector, which is starting, and for db, which is starting");
});
