import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { makeWorld } from "../harness.ts";
import { QUICK, startDaemon } from "./daemon.ts";

it("thirty tools come up at once, and then cost the daemon nothing", async (t) => {
  const world = makeWorld();
  const names = Array.from({ length: 30 }, (_, index) => `echo${index}x`);
  // A machine that is slow to start them would get to the first round of questions just when it is measured.
  const began = performance.now();
  const daemon = await startDaemon(world, `${QUICK}tools:\n${names.map((name) => `  ${name}: {server: echo, health: {interval: 1m}}\n`).join("")}`);
  await Promise.all(names.map((name) => daemon.ready(name)));
  t.diagnostic(`30 tools ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await daemon.settled(({ tools }) => Object.values(tools).every(({ interfaces, memory }) => interfaces.length > 0 && memory !== null)); // the last of a start

  const before = useOf(daemon.pid);
  await new Promise((resolve) => setTimeout(resolve, 2000)); // the time that is measured
  const after = useOf(daemon.pid);
  const [ms, wakings] = [after.cpu - before.cpu, after.wakings - before.wakings];
  t.diagnostic(`idle for 2 s: ${ms} ms of processor time, woken ${wakings} times, ${(after.rss / 1e6).toFixed(0)} MB`);
  assert.ok(ms <= 40 && wakings <= 20, `${ms} ms, woken ${wakings} times`);
  await daemon.stop();
  await world.close();
});

/** Processor time in ms (the kernel counts in ticks of 10), how often it was put to sleep and woken again, and bytes of memory. */
function useOf(pid: number): { cpu: number; wakings: number; rss: number } {
  const fields = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] ?? "").split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, wakings: field("voluntary_ctxt_switches"), rss: field("VmRSS") * 1024 };
}
