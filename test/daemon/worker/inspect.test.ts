import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { Inspector, msOf, type Usage, usageOf, workBetween } from "../../../daemon/worker/inspect.ts";
import { fixture, started, written } from "./processes.ts";

const usage = (at: number, cpuMs: number, readBytes = 0, majorFaults = 0): Usage => ({ at, cpuMs, readBytes, majorFaults });
const MEBIBYTE = 1024 * 1024;

test("processor time, reading, and pages from the disk are each work, and said", () => {
  const before = usage(0, 1000);
  assert.equal(workBetween(before, usage(30_000, 29_000)), "it used 28 s of processor time");
  assert.equal(workBetween(before, usage(30_000, 1000, 300 * MEBIBYTE)), "it read 300 MiB");
  assert.equal(workBetween(before, usage(30_000, 1000, 0, 5000)), "it took 5000 pages of memory from the disk");
  assert.equal(workBetween(before, usage(30_000, 1500, MEBIBYTE, 10)), null);
});

test("what it costs to start is no work", () => {
  assert.equal(workBetween(usage(0, 0), usage(30_000, 900, 16 * MEBIBYTE, 200)), null);
  assert.equal(workBetween(usage(0, 0), usage(30_000, 2000)), "it used 2 s of processor time");
});

test("ps writes its times in several ways", () => {
  assert.deepEqual(["0:01.50", "12:34", "1:02:03", "2-01:00:00"].map(msOf), [1500, 754_000, 3_723_000, 176_400_000]);
});

describe("a process", () => {
  it("that waits is not at work, and one whose child works is", async (t) => {
    const [waits, works] = [started(t, [process.execPath, fixture("wait.mjs")]), started(t, [process.execPath, fixture("work.mjs")])];
    await written(waits.log, /^\d+\n/);
    await written(works.log, /^works\n/m);
    const before = [waits, works].map(({ pid }) => usageOf(pid, 0));
    const until = (before[1]?.cpuMs ?? 0) + 300;
    while ((usageOf(works.pid, 0)?.cpuMs ?? 0) < until) await new Promise((resolve) => setTimeout(resolve, 20)); // what another process uses is no event
    const now = [waits, works].map(({ pid }) => usageOf(pid, 1000));
    assert.deepEqual(now.map((look, i) => workBetween(before[i] as Usage, look as Usage) !== null), [false, true]);
  });

  it("is looked at for what it did since the last look", async (t) => {
    let now = 0;
    const inspector = new Inspector(() => now);
    const { pid, log } = started(t, [process.execPath, fixture("wait.mjs")]);
    inspector.begin(pid);
    await written(log, /^\d+\n/);
    now = 60_000;
    assert.equal(inspector.inspect(pid), null);
    inspector.end(pid);
    assert.equal(inspector.inspect(pid), "nobody has looked at it before");
    now = 120_000;
    assert.equal(inspector.inspect(pid), null);
  });
});
