import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openDaemonLog } from "../../../daemon/logs/logger.ts";
import { groupEmpty, liveMembers, signalGroup } from "../../../daemon/worker/group.ts";
import { Lifelines } from "../../../daemon/worker/lifeline.ts";
import type { PipeEvent, WorkerPipe } from "../../../daemon/worker/pipe.ts";
import { workerProcesses } from "../../../daemon/worker/processes.ts";
import { isDown, Worker } from "../../../daemon/worker/worker.ts";
import type { DeathRecord } from "../../../pipes/protocol/registry.ts";
import { folder } from "../logs/folder.ts";
import { policyWith } from "./policies.ts";
import { appeared, fixture, written } from "./processes.ts";
import { specOf } from "./specs.ts";

const node = process.execPath;

describe("a supervised process", () => {
  it("is another one, with another pid, after SIGKILL, and the log says why", async (t) => {
    const { worker, log } = supervised(t, [node, fixture("wait.mjs")]);
    worker.start("autostart");
    const first = (await worker.until(({ phase }) => phase === "ready")).pid ?? 0;
    signalGroup(first, "SIGKILL");
    const second = await worker.until(({ phase, pid }) => phase === "ready" && pid !== first);
    assert.deepEqual([groupEmpty(first), second.deaths, second.restarts], [true, 1, 1]);
    const reasons = lines(log).map((line) => line["reason"]);
    assert.ok(reasons.includes("it was ended by SIGKILL; restarting at once"), reasons.join("\n"));
    assert.ok(lines(log).every((line) => line["tool"] === "greeter" && typeof line["reason"] === "string"));
  });

  it("is stopped with its whole tree, also a grandchild that ignores SIGTERM", async (t) => {
    const { worker, own } = supervised(t, [node, fixture("family.mjs")]);
    worker.start("autostart");
    const { pid } = await worker.until(({ phase }) => phase === "ready");
    await written(own, /^\d+\n/m);
    assert.equal(liveMembers(pid ?? 0).length, 2);
    worker.stop("asked by the test");
    await worker.until(isDown);
    assert.equal(groupEmpty(pid ?? 0), true);
    assert.equal(worker.state.reason, "asked by the test");
  });

  it("is followed by the next only when what it left behind is gone", async (t) => {
    const { worker, own } = supervised(t, [node, fixture("family.mjs")]);
    worker.start("autostart");
    const first = (await worker.until(({ phase }) => phase === "ready")).pid ?? 0;
    await written(own, /^\d+\n/m);
    process.kill(first, "SIGKILL");
    await worker.until(({ phase }) => phase === "stopping");
    const next = await worker.until(({ pid }) => pid !== null && pid !== first);
    assert.notEqual(next.pid, first);
    assert.equal(groupEmpty(first), true);
  });

  it("has its last words in the reason when it crashes over and over, and fails with them", async (t) => {
    const restart = { backoff: { initialMs: 1, factor: 1, maxMs: 1, jitter: 0 }, limit: { count: 2, windowMs: 60_000 } };
    const { worker } = supervised(t, [node, fixture("throw.mjs")], restart);
    worker.start("autostart");
    const failed = await worker.until(({ phase }) => phase === "failed");
    assert.equal(failed.reason, "it exited with code 1: TypeError: the model has no head; more than 2 deaths within 60 s; next try in 60 s");
    assert.equal(failed.restarts, 2);
    worker.stop("the end");
  });

  it("is not started again after exit code 125", async (t) => {
    const { worker } = supervised(t, [node, fixture("exit-with.mjs"), "125", "error: the model file is not there"]);
    worker.start("autostart");
    const failed = await worker.until(({ phase }) => phase === "failed");
    assert.deepEqual([failed.deadline, failed.restarts], [null, 0]);
    assert.match(failed.reason, /code 125: error: the model file is not there; exit code 125 means/);
  });

  it("is not started again at once when it died for want of memory", async (t) => {
    const { worker } = supervised(t, [node, "--max-old-space-size=16", fixture("fill-heap.mjs")], { backoff: { initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: 0 } });
    const died = once(worker, "died");
    worker.start("autostart");
    const [{ cause, what }] = (await died) as [DeathRecord];
    assert.equal(cause, "out-of-memory");
    assert.match(what, /^it was ended by SIGABRT \(its JavaScript heap was full\): FATAL ERROR: .*heap out of memory/);
    assert.match((await worker.until(({ phase }) => phase === "backoff")).reason, /; restarting in 60 s$/);
  });

  it("says what is wrong with a program that cannot be started", async (t) => {
    const { worker } = supervised(t, ["pyhton3"], { limit: { count: 1, windowMs: 60_000 } });
    worker.start("autostart");
    const failed = await worker.until(({ phase }) => phase === "failed");
    assert.match(failed.reason, /^there is no program 'pyhton3' on the PATH; more than 1 death within/);
  });
});

describe("a worker's log", () => {
  it("is put aside at a start that finds it too large", async (t) => {
    const { worker, own } = supervised(t, [node, fixture("wait.mjs")]);
    writeFileSync(own, "an old line\n".repeat(100_000));
    worker.start("autostart");
    await appeared(`${own}.1`);
    await written(own, /^\d+\n/m);
  });
});

/** A worker on real processes whose pipe says `idle` as soon as it is connected, and asks to stop by doing nothing. */
function supervised(t: TestContext, command: string[], restart: Parameters<typeof policyWith>[0] = {}): { worker: Worker; log: string; own: string } {
  const logs = folder(t);
  const daemonLog = openDaemonLog(logs);
  const pipe: WorkerPipe = {
    watch: () => undefined,
    unwatch: () => undefined,
    hold: () => undefined,
    release: () => undefined,
    connect: (_, report: (event: PipeEvent) => void) => setImmediate(() => report({ type: "stateReported", state: "idle", reason: null })),
    disconnect: () => undefined,
    drain: () => undefined,
    stop: () => undefined,
  };
  const effects = workerProcesses({ logs, limits: { maxBytes: 1e6, keep: 1 }, log: daemonLog.log, lifelines: new Lifelines(logs), launch: (spec) => ({ argv: spec.command ?? [], env: process.env, cwd: spec.cwd }) });
  const policy = policyWith(restart, { drainMs: 0, stopMs: 0, killMs: 100 });
  const worker = new Worker(specOf({ command, ...policy }), { effects, pipe });
  t.after(async () => {
    worker.stop("the test is over");
    await worker.until(isDown);
    daemonLog.close();
  });
  return { worker, log: daemonLog.path, own: join(logs, "greeter.log") };
}

function lines(path: string): Array<Record<string, unknown>> {
  return readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}
