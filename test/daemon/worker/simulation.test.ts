import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { holdsFifo, transition } from "../../../daemon/worker/machine.ts";
import { initialState, type Effect, type Policy, type WorkerEvent, type WorkerState } from "../../../daemon/worker/state.ts";
import { policyWith } from "./policies.ts";

const pid = fc.integer({ min: 1, max: 3 });
const reason = fc.constant("because");
const lastWords = fc.constantFrom(null, "Error: boom");
const signal = fc.constantFrom(null, "SIGKILL", "SIGSEGV");
const code = fc.constantFrom(0, 1, 78, 125, null);
const state = fc.constantFrom("loading", "idle", "error", "inferring", "stopping");
const anyEvent: fc.Arbitrary<WorkerEvent> = fc.oneof(
  fc.record({ type: fc.constantFrom("wantedUp" as const, "wantedDown" as const, "restartAsked" as const, "restAsked" as const, "spawnFailed" as const, "refused" as const), reason }),
  fc.record({ type: fc.constantFrom("requested" as const, "gateChanged" as const) }),
  fc.record({ type: fc.constant("adopted" as const), pid, restarts: fc.nat({ max: 3 }), reason }),
  fc.record({ type: fc.constant("hung" as const), pid, cause: fc.constantFrom("hang" as const, "refusing" as const, "out-of-memory" as const), what: reason }),
  fc.record({ type: fc.constant("inspected" as const), pid, atWork: fc.constantFrom(null, "it reads") }),
  fc.record({ type: fc.constant("spawned" as const), pid }),
  fc.record({ type: fc.constantFrom("answered" as const, "drained" as const, "deadlinePassed" as const) }),
  fc.record({ type: fc.constant("stateReported" as const), state, reason: fc.constantFrom(null, "so") }),
  fc.record({ type: fc.constant("exited" as const), pid, code, signal, lastWords, outOfMemory: fc.constantFrom(null, "want of memory"), groupEmpty: fc.boolean() }),
  fc.record({ type: fc.constant("groupEmptied" as const), pid }),
);
const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  policy: fc.constantFrom("always" as const, "on-failure" as const, "never" as const),
  count: fc.integer({ min: 0, max: 4 }),
  killMs: fc.constantFrom(0, 50),
  drainMs: fc.constantFrom(0, 50),
  stopMs: fc.constantFrom(0, 50),
  blocked: fc.constantFrom(null, null, null, "it waits for vector"),
}).map(({ policy, count, blocked, ...timeouts }) => ({
  ...policyWith({ policy, limit: { count, windowMs: 5000 }, backoff: { initialMs: 20, factor: 3, maxMs: 500, jitter: 0.5 }, healthyAfterMs: 300, probeMs: 1000 }, { startMs: 100, ...timeouts }),
  blocked,
}));
const runs = { numRuns: 500 };

describe("any sequence of events", () => {
  it("is taken without a throw, and never asks for a process while one may live or none is wanted", () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 400 }), fc.double({ min: 0, max: 0.99, noNaN: true })), { maxLength: 60 }), (policy, events) => {
        let now = 0;
        let state: WorkerState = initialState(now);
        for (const [event, wait, random] of events) {
          now += wait;
          const [next, effects] = transition(state, event, policy, now, random);
          checkState(next);
          if (effects.some((effect) => effect.type === "spawn")) {
            assert.equal(next.want, "up");
            assert.equal(policy.blocked, null);
            assert.ok(next.phase === "starting" && next.pid === null);
            const gone = event.type === "groupEmptied" || (event.type === "exited" && event.groupEmpty) || event.type === "spawnFailed";
            assert.ok(state.pid === null ? state.phase !== "starting" || gone : gone, "the one before may still live");
          }
          if (next.phase !== state.phase) assert.ok(effects.some((effect) => effect.type === "record" && effect.reason === next.reason));
          state = next;
        }
      }),
      runs,
    );
  });
});

describe("a simulated worker in a simulated world", () => {
  it("never has two live processes, and always comes down when asked, with nothing left behind", () => {
    simulate((world) => {
      world.apply({ type: "wantedDown", reason: "the end" });
      world.settle(() => world.state.phase === "down");
      assert.deepEqual([world.group, world.held, world.connected], [null, false, false]);
    });
  });

  it("always comes up again once its program works, except where policy, exit code or a person says not to", () => {
    simulate((world) => {
      world.program = "works";
      world.open();
      if (world.state.phase === "resting") world.apply({ type: "requested" });
      if (world.state.want === "down" || (world.state.phase === "failed" && world.state.deadline === null)) world.apply({ type: "wantedUp", reason: "start it" });
      world.settle(() => (world.state.phase === "ready" && world.state.deadline === null) || world.state.phase === "resting" || world.state.phase === "down" || (world.state.phase === "failed" && world.state.deadline === null));
      const gaveUp = world.state.phase === "failed" || world.state.phase === "down";
      if (gaveUp) {
        world.apply({ type: "wantedUp", reason: "start it again" });
        world.settle(() => world.state.phase === "ready");
      }
      if (world.state.phase === "resting") {
        world.apply({ type: "requested" });
        world.settle(() => world.state.phase === "ready");
      }
      assert.equal(world.state.phase, "ready");
    });
  });
});

function simulate(end: (world: World) => void): void {
  fc.assert(
    fc.property(anyPolicy, fc.array(fc.nat({ max: 1000 }), { maxLength: 80 }), (policy, choices) => {
      const world = new World(policy);
      for (const choice of choices) world.go(choice);
      end(world);
    }),
    runs,
  );
}

/** One group of processes at most, time, and a FIFO: what the effects act on, and what the events come from. */
class World {
  state: WorkerState = initialState(0);
  now = 0;
  /** `strays` are live processes of the group beside its leader; `deaf` ones end only by SIGKILL. */
  group: { pid: number; leader: boolean; strays: number; deaf: boolean } | null = null;
  held = false;
  connected = false;
  program: "anything" | "works" = "anything";
  private lastPid = 100;
  private readonly queue: Array<() => void> = [];
  private policy: Policy;
  watched = false;

  constructor(policy: Policy) {
    this.policy = policy;
  }

  open(): void {
    this.policy = { ...this.policy, blocked: null };
    this.apply({ type: "gateChanged" });
  }

  /** Lets one of the things happen that can happen now. */
  go(choice: number): void {
    const possible = this.possible();
    possible[choice % possible.length]?.();
  }

  /** Lets time pass and everybody cooperate until `done`. */
  settle(done: () => boolean): void {
    for (let turn = 0; turn < 400; turn++) {
      if (done()) return;
      if (this.group !== null && this.connected && this.state.phase === "starting") this.apply({ type: "stateReported", state: "idle", reason: null });
      else if (this.group !== null && !this.group.leader && this.group.strays === 0) this.emptied();
      else this.passDeadline();
    }
    assert.fail(`stuck in ${JSON.stringify(this.state)}`);
  }

  /** As in the shell: what effects bring about is taken after the transition that asked for them. */
  apply(event: WorkerEvent): void {
    this.soon(() => this.take(event));
  }

  private soon(step: () => void): void {
    this.queue.push(step);
    if (this.queue.length > 1) return;
    for (; this.queue[0] !== undefined; this.queue.shift()) this.queue[0]();
  }

  private take(event: WorkerEvent): void {
    const [next, effects] = transition(this.state, event, this.policy, this.now, (this.lastPid % 10) / 10);
    this.state = next;
    checkState(next);
    for (const effect of effects) this.perform(effect);
    assert.equal(this.held, holdsFifo(this.state.phase));
    assert.equal(this.watched, this.state.phase === "resting");
  }

  private possible(): Array<() => void> {
    const { group } = this;
    return [
      () => this.apply({ type: "wantedUp", reason: "start" }),
      () => this.apply({ type: "wantedDown", reason: "stop" }),
      () => this.apply({ type: "restartAsked", reason: "changed" }),
      () => this.apply({ type: "restAsked", reason: "idle" }),
      () => this.apply({ type: "requested" }),
      () => {
        this.policy = { ...this.policy, blocked: this.policy.blocked === null ? "it waits for vector" : null };
        this.apply({ type: "gateChanged" });
      },
      ...(group?.leader ? [() => this.apply({ type: "hung", pid: group.pid, cause: "hang", what: "it does not answer" })] : []),
      () => this.passDeadline(),
      () => void (this.now += 37),
      ...(group?.leader ? [() => this.exit(0), () => this.exit(1), () => this.exit(125), () => void (group.strays += 1), () => void (group.deaf = true)] : []),
      ...(group !== null && !group.leader ? [() => void (group.strays = 0), () => this.emptied()] : []),
      ...(this.connected && group?.leader
        ? (["loading", "idle", "error", "inferring", "stopping"] as const).map((state) => () => this.apply({ type: "stateReported", state, reason: null }))
        : []),
      ...(this.connected ? [() => this.apply({ type: "answered" }), () => this.apply({ type: "drained" })] : []),
    ];
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "spawn":
        assert.equal(this.group, null, "a second process");
        assert.equal(this.state.want, "up");
        if (this.program === "anything" && this.lastPid % 7 === 3) {
          this.lastPid++;
          return this.apply({ type: "spawnFailed", reason: "no such program" });
        }
        this.group = { pid: ++this.lastPid, leader: true, strays: 0, deaf: false };
        return this.apply({ type: "spawned", pid: this.lastPid });
      case "signalGroup": {
        assert.equal(effect.pid, this.group?.pid, "a signal to a group that is not there");
        if (this.group === null) return;
        if (effect.signal !== "SIGKILL" && (effect.signal === "SIGCONT" || this.group.deaf)) return;
        this.group.strays = 0;
        if (this.group.leader) this.soon(() => this.exit(null, effect.signal));
        else this.soon(() => this.emptied());
        return;
      }
      case "watchFifo":
        assert.ok(this.held && !this.watched && this.group === null);
        this.watched = true;
        return;
      case "unwatchFifo":
        assert.ok(this.watched);
        this.watched = false;
        return;
      case "inspect":
        assert.equal(effect.pid, this.group?.pid);
        if (this.lastPid % 3 !== 0) this.apply({ type: "inspected", pid: effect.pid, atWork: this.lastPid % 3 === 1 ? "it reads" : null });
        return;
      case "askToStop":
      case "drain":
        assert.ok(this.connected);
        return;
      case "holdFifo":
        assert.ok(!this.held);
        this.held = true;
        return;
      case "releaseFifo":
        assert.ok(this.held);
        this.held = false;
        return;
      case "connect":
        this.connected = true;
        return;
      case "disconnect":
        this.connected = false;
        return;
      case "awaitGroup":
      case "watch":
      case "mourn":
      case "record":
    }
  }

  private exit(code: number | null, signal: string | null = null): void {
    if (!this.group?.leader) return;
    const { pid } = this.group;
    const groupEmpty = this.group.strays === 0;
    this.group = groupEmpty ? null : { ...this.group, leader: false };
    this.apply({ type: "exited", pid, code, signal, lastWords: null, outOfMemory: null, groupEmpty });
  }

  private emptied(): void {
    if (this.group === null || this.group.leader || this.group.strays > 0) return;
    const { pid } = this.group;
    this.group = null;
    this.apply({ type: "groupEmptied", pid });
  }

  private passDeadline(): void {
    if (this.state.deadline === null) return;
    this.now = Math.max(this.now, this.state.deadline);
    this.apply({ type: "deadlinePassed" });
  }
}

/** What holds in every state. */
function checkState(state: WorkerState): void {
  assert.notEqual(state.reason, "");
  if (state.phase === "down") assert.equal(state.want, "down");
  if (state.phase === "backoff" || state.phase === "failed" || state.phase === "ready") assert.equal(state.want, "up");
  if (state.phase === "backoff" || state.phase === "stopping") assert.notEqual(state.deadline, null, `${state.phase} waits for ever`);
  if (state.phase === "starting" && state.pid !== null && state.state !== "loading") assert.notEqual(state.deadline, null, "starting waits for ever");
  if (state.phase === "failed") {
    const [next] = transition(state, { type: "wantedUp", reason: "start" }, policyWith(), state.since);
    assert.equal(next.phase, "starting", "failed has a way out");
  }
}
