import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PipeEvent } from "../../../daemon/worker/pipe.ts";
import type { WorkerEvent } from "../../../daemon/worker/state.ts";
import { isDown, Worker, type WorkerRecord } from "../../../daemon/worker/worker.ts";
import { policyWith } from "./policies.ts";
import { specOf } from "./specs.ts";

describe("the shell of a worker", () => {
  it("performs what the machine says, and tells of each change once", () => {
    const world = new Fake();
    world.worker.start("autostart");
    world.says?.({ type: "answered" });
    world.says?.({ type: "stateReported", state: "idle", reason: null });
    assert.deepEqual(world.done, ["hold", "spawn greet", "connect 1"]);
    assert.deepEqual(world.changes, ["down → starting", "starting → starting", "starting → starting", "starting → ready"]);
    assert.deepEqual(world.records.map((line) => line.type === "transition" && `${line.from} → ${line.to}: ${line.reason}`), [
      "down → starting: autostart",
      "starting → starting: it answers; its state is awaited",
      "starting → ready: it answers on its pipe",
    ]);
  });

  it("keeps one timer, for the deadline of the moment", () => {
    const world = new Fake();
    world.worker.start("autostart");
    assert.deepEqual(world.timers(), [30_000]);
    world.says?.({ type: "stateReported", state: "loading", reason: null });
    assert.deepEqual(world.timers(), []);
    world.worker.stop("enough");
    assert.deepEqual(world.timers(), [3000]);
    world.pass(3000);
    assert.deepEqual([world.done.slice(3), world.timers()], [["stop", "SIGTERM 1", "SIGCONT 1"], [2000]]);
  });

  it("waits on when a timer goes off before its time, or cannot be set for so long", () => {
    const world = new Fake(specOf({ timeouts: { ...policyWith().timeouts, startMs: 2 ** 32 } }));
    world.worker.start("autostart");
    assert.deepEqual(world.timers(), [2 ** 31 - 1]);
    world.pass(2 ** 31 - 1);
    assert.deepEqual([world.worker.state.phase, world.timers()], ["starting", [2 ** 31 - 1]]);
  });

  it("believes nothing that the connection to an earlier process says", () => {
    const world = new Fake();
    world.worker.start("autostart");
    const { says } = world;
    world.exits(1);
    assert.deepEqual([world.worker.state.pid, world.worker.born?.startTime], [2, "tick 2"]);
    says?.({ type: "stateReported", state: "idle", reason: null });
    assert.equal(world.worker.state.phase, "starting");
  });

  it("starts the next process by the spec that was set meanwhile", () => {
    const world = new Fake();
    world.worker.start("autostart");
    world.worker.configure(specOf({ command: ["greet", "louder"] }));
    world.worker.restart("its command changed");
    world.exits(0);
    assert.deepEqual(world.done.filter((what) => what.startsWith("spawn")), ["spawn greet", "spawn greet louder"]);
  });

  it("resolves a wait when nothing of the worker lives", async () => {
    const world = new Fake();
    world.worker.start("autostart");
    world.worker.stop("enough");
    const down = world.worker.until(isDown);
    world.exits(0);
    assert.equal((await down).reason, "enough");
    assert.equal(await world.worker.until(isDown), world.worker.state);
  });

  it("counts a log that cannot be written as a failed start, and says so", () => {
    const world = new Fake();
    world.broken = true;
    world.worker.start("autostart");
    assert.equal(world.worker.state.phase, "backoff");
    assert.match(world.worker.state.reason, /^a link lies in the log's place; restarting in 200 ms$/);
    assert.deepEqual(world.records.filter((line) => line.type === "effect-failed").map((line) => line.effect), ["spawn", "spawn"]);
  });

  it("takes a wish that a listener has while a change is told", () => {
    const world = new Fake();
    world.worker.on("changed", ({ phase }) => void (phase === "ready" && world.worker.stop("on second thoughts")));
    world.worker.start("autostart");
    world.says?.({ type: "stateReported", state: "idle", reason: null });
    assert.deepEqual(world.changes.slice(-2), ["starting → ready", "ready → stopping"]);
  });
});

/** Effects, pipe and clock that only note what is done. */
class Fake {
  readonly done: string[] = [];
  readonly changes: string[] = [];
  readonly records: WorkerRecord[] = [];
  readonly worker: Worker;
  broken = false;
  says: ((event: PipeEvent) => void) | null = null;
  private report: ((event: WorkerEvent) => void) | null = null;
  private pid = 0;
  private now = 1000;
  private readonly pending = new Set<{ at: number; ring: () => void }>();

  constructor(spec = specOf()) {
    const note = (what: string) => () => void this.done.push(what);
    this.worker = new Worker(spec, {
      random: () => 0,
      clock: {
        now: () => this.now,
        after: (ms, ring) => {
          const timer = { at: this.now + ms, ring };
          this.pending.add(timer);
          return () => this.pending.delete(timer);
        },
      },
      effects: {
        spawn: (spec, report) => {
          if (this.broken) throw new Error("a link lies in the log's place");
          this.done.push(`spawn ${spec.command?.join(" ")}`);
          this.report = report;
          report({ type: "spawned", pid: ++this.pid });
        },
        signalGroup: (pid, signal) => void this.done.push(`${signal} ${pid}`),
        awaitGroup: (pid) => void this.done.push(`await ${pid}`),
        watch: (_, { pid }) => void this.done.push(`watch ${pid}`),
        promoted: note("promoted"),
        look: (pid) => void this.done.push(`look at ${pid}`),
        inspect: (pid, report) => report({ type: "inspected", pid, atWork: null }),
        startTimeOf: (pid) => `tick ${pid}`,
        record: (line) => void this.records.push(line),
      },
      pipe: {
        watch: note("watch FIFO"),
        unwatch: note("unwatch FIFO"),
        hold: note("hold"),
        release: note("release"),
        connect: (pid, report) => {
          this.done.push(`connect ${pid}`);
          this.says = report;
        },
        disconnect: note("disconnect"),
        drain: note("drain"),
        stop: note("stop"),
      },
    });
    this.worker.on("changed", (state, before) => this.changes.push(`${before.phase} → ${state.phase}`));
  }

  exits(code: number): void {
    this.report?.({ type: "exited", pid: this.pid, code, signal: null, lastWords: null, outOfMemory: null, groupEmpty: true });
  }

  timers(): number[] {
    return [...this.pending].map(({ at }) => at - this.now);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const timer of [...this.pending].filter(({ at }) => at <= this.now)) {
      this.pending.delete(timer);
      timer.ring();
    }
  }
}
