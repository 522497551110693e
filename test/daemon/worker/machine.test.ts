import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PHASES } from "../../../pipes/protocol/registry.ts";
import { table, transition } from "../../../daemon/worker/machine.ts";
import { initialState, type Effect, type Policy, type WorkerEvent, type WorkerState } from "../../../daemon/worker/state.ts";
import { policyWith } from "./policies.ts";

const up: WorkerEvent = { type: "wantedUp", reason: "autostart" };
const down: WorkerEvent = { type: "wantedDown", reason: "asked by cpipe" };
const restart: WorkerEvent = { type: "restartAsked", reason: "its model changed in tools.yaml" };
const spawned: WorkerEvent = { type: "spawned", pid: 7 };
const answered: WorkerEvent = { type: "answered" };
const drained: WorkerEvent = { type: "drained" };
const emptied: WorkerEvent = { type: "groupEmptied", pid: 7 };
const says = (state: string, reason: string | null = null): WorkerEvent => ({ type: "stateReported", state, reason });
const exits = (code: number, over: object = {}): WorkerEvent => ({ type: "exited", pid: 7, code, signal: null, lastWords: null, outOfMemory: null, groupEmpty: true, ...over });
const killedBy = (signal: string, over: object = {}): WorkerEvent => ({ type: "exited", pid: 7, code: null, signal, lastWords: null, outOfMemory: null, groupEmpty: true, ...over });
const looked = (atWork: string | null): WorkerEvent => ({ type: "inspected", pid: 7, atWork });
const adopted: WorkerEvent = { type: "adopted", pid: 7, restarts: 3, reason: "taken over from the daemon before" };
const opened: WorkerEvent = { type: "gateChanged" };
const toRest: WorkerEvent = { type: "restAsked", reason: "nobody asked anything of it for 30 min" };
const asked: WorkerEvent = { type: "requested" };
/** The clock goes to the deadline. */
const late = "late";
const comesUp = [up, spawned, answered, says("idle")] as const;

describe("the worker machine", () => {
  it("decides every pair of phase and event", () => {
    const wishes = ["wantedUp", "wantedDown", "restartAsked", "restAsked", "requested", "gateChanged", "refused", "adopted"];
    const facts = ["spawned", "spawnFailed", "answered", "stateReported", "drained", "hung", "inspected", "exited", "groupEmptied", "deadlinePassed"];
    const events = [...wishes, ...facts];
    assert.deepEqual(Object.keys(table).sort(), [...PHASES].sort());
    for (const [phase, row] of Object.entries(table)) assert.deepEqual(Object.keys(row).sort(), [...events].sort(), phase);
  });

  it("starts: holds the FIFO, spawns, connects, and is ready when the worker says its state", () => {
    const seen = play(...comesUp);
    assert.deepEqual(seen.phases, ["starting", "starting", "starting", "ready"]);
    assert.deepEqual(seen.effects, ["holdFifo", "spawn", "connect 7"]);
    assert.equal(seen.state.state, "idle");
  });

  it("is not ready because a worker merely answers", () => {
    assert.equal(play(up, spawned, answered).state.phase, "starting");
  });

  it("lets a worker load for as long as it likes once it answers", () => {
    const { state } = play(up, spawned, answered, says("loading", "loading the model"));
    assert.deepEqual([state.phase, state.deadline, state.state, state.reason], ["starting", null, "loading", "loading the model"]);
  });

  it("keeps a worker that says error ready, with its reason, and recovers with it", () => {
    const broken = play(up, spawned, answered, says("loading"), says("error", "the model file /m.gguf does not exist"));
    assert.deepEqual([broken.state.phase, broken.state.state, broken.state.reason], ["ready", "error", "the model file /m.gguf does not exist"]);
    assert.match(broken.records.at(-1) ?? "", /^starting → ready: the model file/);
    assert.equal(play(up, spawned, says("error", "x"), says("idle")).state.reason, "it answers on its pipe");
  });

  it("does not log that a ready tool is busy", () => {
    assert.equal(play(...comesUp, says("inferring"), says("idle")).records.length, play(...comesUp).records.length);
  });

  it("kills a worker that does not answer in time, and counts it as a death", () => {
    const seen = play(up, spawned, late, looked(null), killedBy("SIGTERM"));
    assert.deepEqual(seen.effects, ["holdFifo", "spawn", "connect 7", "inspect 7", "SIGTERM 7", "SIGCONT 7", "disconnect", "mourn unanswered", "spawn"]);
    assert.equal(seen.state.reason, "it did not answer within 30 s; restarting at once");
    assert.equal(seen.state.deaths, 1);
  });

  it("restarts at once after the first death, with the last words in the reason", () => {
    const seen = play(...comesUp, exits(1, { lastWords: "Error: boom" }));
    assert.equal(seen.state.phase, "starting");
    assert.equal(seen.state.reason, "it exited with code 1: Error: boom; restarting at once");
    assert.deepEqual(seen.effects.slice(3), ["disconnect", "mourn crash", "spawn"]);
  });

  it("waits longer after each further death, then fails and tries once a minute", () => {
    const crash = [spawned, killedBy("SIGSEGV")] as const;
    const seen = play(up, ...crash, ...crash, late, ...crash, late, ...crash, late, ...crash);
    assert.deepEqual(seen.waits, [200, 400, 800, 1600]);
    const failed = play(up, ...crash, ...crash, late, ...crash, late, ...crash, late, ...crash, late, ...crash);
    assert.deepEqual([failed.state.phase, failed.state.reason], ["failed", "it was ended by SIGSEGV; more than 5 deaths within 60 s; next try in 60 s"]);
    assert.equal(failed.effects.at(-1), "releaseFifo");
  });

  it("comes back out of failed with a clean sheet when its one try succeeds, and fails again when it does not", () => {
    const failed = failedState();
    const good = playFrom(failed, late, spawned, answered, says("idle"));
    assert.deepEqual([good.state.phase, good.state.deaths, good.state.window], ["ready", 0, []]);
    const bad = playFrom(failed, late, spawned, exits(1));
    assert.deepEqual([bad.state.phase, bad.state.reason], ["failed", "it exited with code 1; next try in 60 s"]);
    const silent = playFrom(failed, late, spawned, late, looked(null), exits(0));
    assert.equal(silent.state.phase, "failed", "a try that does not answer has failed too");
  });

  it("forgets its deaths after it has been ready for the healthy time", () => {
    const seen = play(...comesUp, exits(1), spawned, answered, says("idle"), late);
    assert.deepEqual([seen.state.phase, seen.state.deaths, seen.state.deadline], ["ready", 0, null]);
  });

  it("does not forget them while it says that it is in error: one that refuses over and over is given up like one that dies", () => {
    const seen = play(...comesUp, exits(1), spawned, answered, says("error"));
    assert.deepEqual([seen.state.phase, seen.state.deaths, seen.state.deadline], ["ready", 1, null]);
    assert.equal(playFrom(seen.state, says("idle"), says("busy"), late).state.deaths, 0);
    assert.equal(playFrom(seen.state, says("idle"), says("error")).state.deadline, null);
  });

  it("fails for good on exit code 125, until somebody starts it or its config changes", () => {
    const seen = play(up, spawned, exits(125));
    assert.deepEqual([seen.state.phase, seen.state.deadline], ["failed", null]);
    assert.match(seen.state.reason, /exit code 125 means/);
    for (const event of [up, restart]) assert.equal(playFrom(seen.state, event).state.phase, "starting");
  });

  it("stays down after exit code 0 under on-failure, and wants nothing more", () => {
    const { state } = playWith(policyWith({ policy: "on-failure" }), ...comesUp, exits(0));
    assert.deepEqual([state.phase, state.want, state.reason], ["down", "down", "it exited with code 0; its restart policy is on-failure"]);
  });

  it("stops in the order drain, stop, SIGTERM, SIGKILL, and is down when the group is empty", () => {
    const seen = play(...comesUp, down, late, late, late, killedBy("SIGKILL"));
    assert.deepEqual(seen.effects.slice(3), ["drain", "askToStop", "SIGTERM 7", "SIGCONT 7", "SIGKILL 7", "disconnect", "releaseFifo"]);
    assert.deepEqual([seen.state.phase, seen.state.want, seen.state.reason], ["down", "down", "asked by cpipe"]);
    assert.deepEqual(seen.steps, ["draining", "asked", "terminating", "killing"]);
  });

  it("asks it to stop as soon as nothing is in flight", () => {
    assert.deepEqual(play(...comesUp, down, drained, exits(0)).effects.slice(3), ["drain", "askToStop", "disconnect", "releaseFifo"]);
  });

  it("is not down while a process of its group lives", () => {
    const left = play(...comesUp, down, drained, exits(0, { groupEmpty: false }));
    assert.equal(left.state.phase, "stopping");
    assert.deepEqual(left.effects.slice(5), ["disconnect", "SIGTERM 7", "SIGCONT 7", "awaitGroup 7"]);
    assert.deepEqual(playFrom(left.state, late, emptied).effects, ["SIGKILL 7", "releaseFifo"]);
  });

  it("kills what a crashed worker left behind before it spawns again", () => {
    const left = play(...comesUp, killedBy("SIGSEGV", { groupEmpty: false }));
    assert.deepEqual(left.effects.slice(3), ["disconnect", "SIGKILL 7", "awaitGroup 7"]);
    assert.deepEqual(playFrom(left.state, emptied).effects, ["mourn crash", "spawn"]);
  });

  it("restarts a ready worker as a stop and a start, with want up all the time and no death counted", () => {
    const seen = play(...comesUp, restart, drained, exits(1));
    assert.deepEqual([seen.state.phase, seen.state.want, seen.state.deaths, seen.state.restarts], ["starting", "up", 0, 0]);
    assert.equal(seen.state.reason, "its model changed in tools.yaml");
  });

  it("lets the last wish win while it is stopping", () => {
    assert.equal(play(...comesUp, down, up, drained, exits(0)).state.phase, "starting");
    assert.equal(play(...comesUp, restart, down, drained, exits(0)).state.phase, "down");
    assert.equal(play(...comesUp, down, restart, drained, exits(0)).state.phase, "starting");
  });

  it("wants a worker down that a client asked to stop over its own pipe", () => {
    const seen = play(...comesUp, says("stopping"), exits(0));
    assert.deepEqual([seen.state.phase, seen.state.want, seen.state.reason], ["down", "down", "a client sent it stop"]);
    assert.ok(!seen.effects.includes("askToStop"));
    assert.equal(play(...comesUp, says("stopping"), late, killedBy("SIGTERM")).state.phase, "down", "also when it needed help");
    assert.equal(play(...comesUp, says("stopping"), exits(1)).state.phase, "starting", "but not when it broke on the way");
  });

  it("sends no stop to a worker that never answered", () => {
    assert.deepEqual(play(up, spawned, down).effects.slice(3), ["SIGTERM 7", "SIGCONT 7"]);
    assert.deepEqual(play(up, spawned, answered, says("loading"), down).effects.slice(3), ["askToStop"]);
  });

  it("lets a silent worker go on that is at work, and no longer than it may load", () => {
    const busy = play(up, spawned, late, looked("it used 28 s of processor time"), late);
    assert.deepEqual([busy.state.phase, busy.effects.slice(3)], ["starting", ["inspect 7", "inspect 7"]]);
    assert.match(busy.state.reason, /at work: it used 28 s/);
    const policy = policyWith({}, { loadMs: 40_000 });
    assert.equal(playWith(policy, up, spawned, late, looked("it reads"), late).state.phase, "stopping");
    assert.equal(play(up, spawned, late, answered, looked(null)).state.phase, "starting", "it answered while it was looked at");
  });

  it("replaces a worker that hangs: SIGTERM and SIGCONT at once, and a death of that cause", () => {
    const seen = play(...comesUp, { type: "hung", pid: 7, cause: "hang", what: "it has not answered for 20 s" }, late, killedBy("SIGKILL"));
    assert.deepEqual(seen.effects.slice(3), ["SIGTERM 7", "SIGCONT 7", "SIGKILL 7", "disconnect", "mourn hang", "spawn"]);
    assert.equal(seen.state.reason, "it has not answered for 20 s; restarting at once");
    assert.equal(playFrom(seen.state, { type: "hung", pid: 6, cause: "hang", what: "late news" }).state, seen.state);
  });

  it("lets one that has outgrown its memory end its requests first, and does not start the next at once", () => {
    const seen = play(...comesUp, { type: "hung", pid: 7, cause: "out-of-memory", what: "it uses 3 GiB of 2 GiB" }, drained, exits(0));
    assert.deepEqual([seen.effects[3], seen.state.phase, seen.waits], ["drain", "backoff", [200]]);
  });

  it("tells the causes of death apart", () => {
    const causes = (...moves: Move[]): string | undefined => play(...moves).effects.findLast((effect) => effect.startsWith("mourn"));
    assert.equal(causes(up, spawned, exits(1)), "mourn crash");
    assert.equal(causes(up, spawned, answered, says("loading"), exits(1)), "mourn load-failure");
    assert.equal(causes(...comesUp, killedBy("SIGKILL", { outOfMemory: "the kernel killed a process for want of memory" })), "mourn out-of-memory");
    assert.equal(causes(...comesUp, exits(0)), "mourn exit");
    assert.equal(causes(...comesUp, exits(78)), "mourn bad-config");
    assert.equal(causes(...comesUp, exits(125)), "mourn permanent");
    assert.equal(causes(...comesUp, { ...(exits(1) as object), code: null } as WorkerEvent), "mourn unknown");
    assert.equal(causes(...comesUp, down, drained, exits(1)), undefined, "a stop is no death");
  });

  it("does not load again at once what failed to load", () => {
    assert.deepEqual(play(up, spawned, answered, says("loading"), exits(1)).waits, [200]);
  });

  it("takes over a worker of an earlier daemon, and replaces it like any other", () => {
    const seen = play(adopted, answered, says("idle"));
    assert.deepEqual([seen.state.phase, seen.state.want, seen.state.pid, seen.state.restarts], ["ready", "up", 7, 3]);
    assert.deepEqual(seen.effects, ["holdFifo", "watch 7", "connect 7"]);
    assert.equal(play(adopted, late, looked(null)).state.phase, "stopping", "one that does not answer");
    const dead = playFrom(seen.state, { ...(exits(1) as object), code: null } as WorkerEvent);
    assert.match(dead.state.reason, /^it ended, nobody saw how; restarting at once$/);
  });

  it("waits for what has to come first, tells for what, and starts when it has come", () => {
    const blocked = { ...policyWith(), blocked: "it waits for vector to be ready" };
    const waiting = playWith(blocked, up);
    assert.deepEqual([waiting.state.phase, waiting.state.reason, waiting.effects], ["waiting", "it waits for vector to be ready", ["holdFifo"]]);
    assert.equal(run(waiting.state, blocked, [opened]).state.phase, "waiting");
    const started = playFrom(waiting.state, opened);
    assert.deepEqual([started.state.phase, started.state.reason, started.effects], ["starting", "autostart", ["spawn"]]);
    assert.deepEqual(playFrom(waiting.state, down).effects, ["releaseFifo"]);
    assert.equal(run(play(...comesUp).state, blocked, [exits(1)]).state.phase, "waiting", "also after a crash");
  });

  it("rests until a request comes, and again when it is told to", () => {
    const resting = play(toRest);
    assert.deepEqual([resting.state.phase, resting.state.want, resting.effects], ["resting", "up", ["holdFifo", "watchFifo"]]);
    assert.deepEqual(playFrom(resting.state, asked, spawned).effects, ["unwatchFifo", "spawn", "connect 7"]);
    const back = play(...comesUp, toRest, drained, exits(0));
    assert.deepEqual([back.state.phase, back.state.deaths, back.effects.slice(3)], ["resting", 0, ["drain", "askToStop", "disconnect", "watchFifo"]]);
    assert.equal(play(...comesUp, toRest, asked, drained, exits(0)).state.phase, "starting", "a request came while it was on its way");
    assert.deepEqual(playFrom(resting.state, down).effects, ["unwatchFifo", "releaseFifo"]);
  });

  it("treats a program that cannot be started as a death", () => {
    const seen = play(up, { type: "spawnFailed", reason: "there is no program 'pyhton3'" });
    assert.deepEqual([seen.state.phase, seen.state.deaths], ["starting", 1]);
    assert.match(seen.state.reason, /^there is no program 'pyhton3'; restarting at once$/);
  });

  it("does not believe a late fact about an earlier process, nor a timer that goes off early", () => {
    const { state } = play(...comesUp, exits(1), { type: "spawned", pid: 8 });
    assert.equal(playFrom(state, exits(1), emptied).state, state);
    assert.equal(transition(state, { type: "deadlinePassed" }, policyWith(), (state.deadline ?? 0) - 1)[0], state);
  });

  it("stops at once, with no rung that has no time", () => {
    const policy = policyWith({}, { drainMs: 0, stopMs: 0, killMs: 0 });
    assert.deepEqual(playWith(policy, ...comesUp, down).effects.slice(3), ["SIGKILL 7"]);
  });
});

function failedState(): WorkerState {
  const crash = [spawned, exits(1)] as const;
  return play(up, ...crash, ...crash, late, ...crash, late, ...crash, late, ...crash, late, ...crash).state;
}

type Move = WorkerEvent | typeof late;
const play = (...moves: Move[]): Played => playWith(policyWith(), ...moves);
const playWith = (policy: Policy, ...moves: Move[]): Played => run(initialState(0), policy, moves);
const playFrom = (state: WorkerState, ...moves: Move[]): Played => run(state, policyWith(), moves);

interface Played {
  state: WorkerState;
  phases: string[];
  steps: string[];
  /** Lengths of the backoffs. */
  waits: number[];
  effects: string[];
  records: string[];
}

/** Plays events one ms apart, or at the deadline for `late`. */
function run(state: WorkerState, policy: Policy, moves: Move[]): Played {
  const played: Played = { state, phases: [], steps: [], waits: [], effects: [], records: [] };
  let now = state.since;
  for (const move of moves) {
    if (move === late) assert.notEqual(played.state.deadline, null, `nothing is due in ${played.state.phase}`);
    now = move === late ? (played.state.deadline ?? 0) : now + 1;
    const [next, effects] = transition(played.state, move === late ? { type: "deadlinePassed" } : move, policy, now);
    played.state = next;
    played.phases.push(next.phase);
    if (next.phase === "stopping" && next.step !== played.steps.at(-1)) played.steps.push(next.step);
    if (next.phase === "backoff") played.waits.push((next.deadline ?? 0) - now);
    for (const effect of effects) {
      if (effect.type === "record") played.records.push(`${effect.from} → ${effect.to}: ${effect.reason}`);
      else played.effects.push(shortly(effect));
    }
  }
  return played;
}

function shortly(effect: Effect): string {
  if (effect.type === "mourn") return `mourn ${effect.death.cause}`;
  if (effect.type === "signalGroup") return `${effect.signal} ${effect.pid}`;
  return "pid" in effect ? `${effect.type} ${effect.pid}` : effect.type;
}
