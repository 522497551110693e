import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startTimeOf } from "../../pipes/transport/identity.ts";
import { makeWorld, root, upstreamOf } from "../harness.ts";
import { callsWithoutEnd } from "./calls.ts";
import { pidsOf, QUICK, startDaemon, workersOf, attach } from "./daemon.ts";

const slow = join(root, "test/fixtures/tools/slow.mjs");

describe("an upgrade of the daemon in place", () => {
  it("fails no request, keeps its process and those of its tools, and their history", async (t) => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n  slow: {module: ${slow}}\n  asleep: {server: echo, keep: on-demand}\n  off: {server: echo, autostart: false}\n`);
    await Promise.all(["echo", "slow"].map((name) => daemon.ready(name)));
    process.kill((await daemon.ready("slow")).pid, "SIGKILL");
    await daemon.until("slow", ({ phase, restarts }) => phase === "ready" && restarts === 1);
    const pids = await pidsOf(daemon);
    const load = await callsWithoutEnd(world, "echo");
    const { started } = daemon.registry().daemon;
    const time = startTimeOf(daemon.pid);
    const began = performance.now();
    const { event, version } = await daemon.call("upgrade");
    assert.deepEqual([event, version], ["upgrading", "0.1.0"]);
    const asleep = await load.connect("asleep");
    assert.equal((await asleep.call("echo", { data: 1 }, { timeout: 20_000 }))["data"], 1, "a request that comes in between waits");
    await asleep.close();
    const next = await attach(world, daemon.running);
    await Promise.all(["echo", "slow"].map((name) => next.ready(name)));
    t.diagnostic(`from the request to the tools being taken over: ${(performance.now() - began).toFixed(0)} ms`);
    assert.deepEqual({ ...(await pidsOf(next)), asleep: null }, pids);
    const { daemon: self, tools } = await next.settled();
    assert.deepEqual([self.pid, startTimeOf(daemon.pid)], [daemon.pid, time]);
    assert.ok(self.started > started);
    assert.deepEqual([tools["slow"]?.restarts, tools["slow"]?.deaths.length, tools["off"]?.phase], [1, 1, "down"]);
    await load.more(200);
    await load.end();
    await daemon.control.close();
    await next.stop();
    await world.close();
  });

  it("knows how a worker ended that the program before it had started", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    const { pid } = await daemon.ready("echo");
    await daemon.call("upgrade");
    await daemon.log.line(({ reason }) => reason === `taken over from the daemon before (pid ${daemon.pid})`);
    const next = await attach(world, daemon.running);
    await next.ready("echo");
    process.kill(pid, "SIGSEGV");
    const { deaths } = await next.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.deepEqual(deaths.map(({ cause, signal }) => [cause, signal]), [["crash", "SIGSEGV"]]);
    assert.equal(workersOf(world).length, 1);
    await daemon.control.close();
    await next.stop();
    await world.close();
  });

  it("leaks no descriptor, to itself or to its workers", { skip: process.platform !== "linux" }, async () => {
    const world = makeWorld();
    let daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    await daemon.ready("echo");
    const counts: number[] = [];
    for (let times = 0; times < 3; times++) {
      await daemon.call("upgrade");
      await daemon.log.next(({ msg }) => msg === "running");
      const before = daemon;
      daemon = await attach(world, daemon.running);
      await before.control.close();
      await daemon.ready("echo");
      await daemon.call("restart", { tool: "echo" });
      counts.push(openOf(daemon.pid).filter((target) => target === upstreamOf(world, "echo")).length);
    }
    assert.deepEqual(counts, [counts[0], counts[0], counts[0]]);
    const { pid } = await daemon.ready("echo");
    assert.deepEqual(openOf(pid).filter((target) => target.includes(world.folder) && !target.startsWith(world.pipes) && !target.includes("/ledger/")).map((target) => target.slice(world.folder.length)).sort(), [
      "/runtime_dir/pipe-tools/workers/echo",
      "/state_home/pipe-tools/logs/echo.log",
      "/state_home/pipe-tools/logs/echo.log",
    ]);
    await daemon.stop();
    await world.close();
  });
});

function openOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
