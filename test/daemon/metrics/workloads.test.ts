import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, Workloads } from "../../../daemon/metrics/workloads.ts";
import type { ToolEvent } from "../../../pipes/protocol/messages.ts";

const work = { active: 1, waiting: null, served: 2, failed: 3, rate: { value: 4, unit: "tokens/s" } };
const says = (told: unknown, pid = 7): Asked => ({ pid, ask: () => Promise.resolve({ event: "health", work: told } as ToolEvent) });
const ask = async (workloads: Workloads, asked: Asked, mostMs = 10_000): Promise<unknown> => {
  await workloads.ask(new Map([["tool", asked]]), mostMs);
  return workloads.of("tool");
};

test("what a worker says of its work is told as it is; without more", async () => {
  assert.deepEqual(await ask(new Workloads(), says({ ...work, more: 1 })), work);
  const { waiting: _, rate: __, ...least } = work;
  assert.deepEqual(await ask(new Workloads(), says(least)), { ...work, rate: null });
});

test("what is no work is none: of a server before this, or of somebody's own that says what it likes", async () => {
  for (const told of [undefined, null, 3, "busy", [], { ...work, active: -1 }, { ...work, served: "2" }, { ...work, waiting: 0.5 }, { ...work, rate: 5 }, { ...work, rate: { value: "x", unit: "y" } }]) {
    assert.equal(await ask(new Workloads(), says(told)), null, JSON.stringify(told));
  }
  assert.equal(await ask(new Workloads(), { pid: 7, ask: () => Promise.reject(new Error("it knows no health")) }), null);
});

test("of one that does not answer what it said last is told, nobody waits for it, and it is not asked twice", async () => {
  const workloads = new Workloads();
  await ask(workloads, says(work));
  let asked = 0;
  let answer: (event: ToolEvent) => void = () => assert.fail("it was not asked");
  const hung: Asked = { pid: 7, ask: () => (asked++, new Promise((resolve) => (answer = resolve))) };
  assert.deepEqual(await ask(workloads, hung, 1), work);
  assert.deepEqual(await ask(workloads, hung, 1), work);
  assert.equal(asked, 1);
  answer({ event: "health", work: { ...work, served: 9 } });
  await new Promise(setImmediate);
  assert.deepEqual(await ask(workloads, hung, 1), { ...work, served: 9 });
  assert.equal(asked, 2);
});

test("another process has said nothing yet, and one that is gone is forgotten", async () => {
  const workloads = new Workloads();
  await ask(workloads, says(work));
  assert.equal(await ask(workloads, { pid: 8, ask: () => new Promise(() => undefined) }, 1), null);
  await ask(workloads, says(work, 9));
  await workloads.ask(new Map(), 1);
  assert.equal(workloads.of("tool"), null);
});
