import assert from "node:assert/strict";
import { test } from "node:test";
import { Sampler } from "../../../daemon/metrics/sampler.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Metrics } from "../../../pipes/protocol/metrics.ts";

const own = (asked: () => void = () => undefined) => ({
  name: "own",
  pid: process.pid,
  request: () => {
    asked();
    return Promise.reject(new ToolError("unsupported", { tool: "own", what: "tell" }));
  },
});

test("who asks once is told what is done at the moment, and afterwards nothing is looked at any more", async () => {
  let looks = 0;
  const sampler = new Sampler(() => (looks++, [own(), { ...own(), name: "down", pid: null }]));
  const busy = setInterval(() => {
    for (const until = performance.now() + 20; performance.now() < until; );
  }, 30);
  const { tools, machine } = await sampler.now();
  clearInterval(busy);
  assert.deepEqual(Object.keys(tools), ["own"]);
  assert.ok((tools["own"]?.cpu ?? 0) > 10, JSON.stringify(tools));
  assert.deepEqual([tools["own"]?.work, (tools["own"]?.memory ?? 0) > 4e6], [null, true]);
  assert.ok(machine.load >= 0 && machine.load <= 100 && machine.memory.available <= machine.memory.total);
  const after = looks;
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(looks, after);
});

test("all who watch share the looks, and each is told in its own time until it leaves", async () => {
  let questions = 0;
  const sampler = new Sampler(() => [own(() => questions++)]);
  const told: Record<string, number> = { fast: 0, fast2: 0, slow: 0 };
  const stops = [sampler.watch(300, () => told["fast"]!++), sampler.watch(300, () => told["fast2"]!++), sampler.watch(3_600_000, () => told["slow"]!++)];
  await new Promise<void>((resolve) => stops.push(sampler.watch(300, () => (told["fast"] ?? 0) >= 4 && resolve())));
  for (const stop of stops) stop();
  assert.equal(told["slow"], 1);
  assert.ok(Math.abs((told["fast"] ?? 0) - (told["fast2"] ?? 0)) <= 1);
  assert.ok(questions <= (told["fast"] ?? 0) + 2, `${questions} looks for ${JSON.stringify(told)}`);
});

test("who comes after the last has left is told as well", async () => {
  const sampler = new Sampler(() => [own()]);
  const once = (): Promise<Metrics> => sampler.now();
  const [one, other] = await Promise.all([once(), once()]);
  assert.deepEqual([Object.keys(one.tools), Object.keys(other.tools)], [["own"], ["own"]]);
  assert.deepEqual(Object.keys((await once()).tools), ["own"]);
});
