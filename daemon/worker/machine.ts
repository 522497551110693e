import { type At, begin, climb, conclude, die, fail, leave, reset, rest, stay, stop, type Step } from "./moves.ts";
import { inWords } from "./restart.ts";
import type { Effect, EventOf, EventType, Phase, Policy, Starting, StateOf, Stopping, WorkerEvent, WorkerState } from "./state.ts";

/** How long the look at a silent worker may take. */
const INSPECT_MS = 2000;

/** A decided cell of the table. */
type Row<S extends WorkerState> = { readonly [T in EventType]: (state: S, event: EventOf<T>, at: At) => Step };
type Table = { readonly [P in Phase]: Row<StateOf<P>> };

/**
 * The worker machine: what follows from an event, as the next state and what is to be done. Pure and total; `now` is in
 * ms of any clock that never goes back, `random` in [0, 1). What always holds (test/daemon/worker/machine.test.ts):
 * a process is asked for only while `want` is up, nothing blocks it and the group of the one before is empty; the FIFO is held in every
 * phase but `down` and `failed`, and watched in `resting` alone; every change of phase has its reason.
 */
export function transition(state: WorkerState, event: WorkerEvent, policy: Policy, now: number, random = 0): [WorkerState, Effect[]] {
  if (isStale(state, event, now)) return [state, []];
  const decide = table[state.phase][event.type] as (state: WorkerState, event: WorkerEvent, at: At) => Step;
  const [next, effects] = decide(state, event, { policy, now, random });
  const held = holdsFifo(state.phase);
  const holds = holdsFifo(next.phase);
  return [next, [
    ...(!held && holds ? [{ type: "holdFifo" } as const] : []),
    ...(state.phase === "resting" && next.phase !== "resting" ? [{ type: "unwatchFifo" } as const] : []),
    ...effects,
    ...(next.phase === "resting" && state.phase !== "resting" ? [{ type: "watchFifo" } as const] : []),
    ...(held && !holds ? [{ type: "releaseFifo" } as const] : []),
    // Last: a worker is not to be replaced the later for a line in the log.
    ...(isNews(state, next) ? [{ type: "record", from: state.phase, to: next.phase, reason: next.reason } as const] : []),
  ]];
}

/** While a worker is to come (back), requests wait in its FIFO; a client of one that is down or given up is told so at once. */
export function holdsFifo(phase: Phase): boolean {
  return phase !== "down" && phase !== "failed";
}

/** A process that nobody asked for must not live beside the one that was. */
const killStray = (state: WorkerState, event: EventOf<"spawned">): Step => [state, [{ type: "signalGroup", pid: event.pid, signal: "SIGKILL" }]];

/** Without a process, facts about one are late news. */
const noProcess = {
  answered: stay, stateReported: stay, drained: stay, exited: stay, groupEmptied: stay, spawnFailed: stay, spawned: killStray, hung: stay, inspected: stay,
};
/** Where only `down`, `resting` and `waiting` have something to say. */
const settled = { adopted: stay, requested: stay, gateChanged: stay, refused: stay };

export const table: Table = {
  down: {
    ...noProcess,
    requested: stay,
    gateChanged: stay,
    refused: stay,
    adopted: adopt,
    restAsked: (state, event, at) => rest(reset(state), at, event.reason),
    wantedUp: (state, event, at) => begin(reset(state), at, event.reason),
    wantedDown: stay,
    restartAsked: (state, event, at) => begin(reset(state), at, event.reason),
    deadlinePassed: stay,
  },
  waiting: {
    ...noProcess,
    adopted: stay,
    requested: stay,
    refused: (state, event, at) => fail(state, at, event.reason),
    gateChanged: (state, _, at) => {
      const { blocked } = at.policy;
      if (blocked === null) return begin(state, at, state.cause, state.probing);
      return blocked === state.reason ? stay(state) : [{ ...state, reason: blocked }, []];
    },
    wantedUp: (state, event, at) => begin(reset(state), at, event.reason),
    wantedDown: (state, event, at) => conclude(state, { kind: "down", reason: event.reason }, at),
    restartAsked: (state, event, at) => begin(reset(state), at, event.reason),
    restAsked: (state, event, at) => rest(state, at, event.reason),
    deadlinePassed: stay,
  },
  resting: {
    ...noProcess,
    adopted: stay,
    requested: (state, _, at) => begin(state, at, "a request came"),
    gateChanged: stay,
    refused: stay,
    wantedUp: (state, event, at) => begin(reset(state), at, event.reason),
    wantedDown: (state, event, at) => conclude(state, { kind: "down", reason: event.reason }, at),
    restartAsked: stay,
    restAsked: stay,
    deadlinePassed: stay,
  },
  starting: {
    ...settled,
    hung: (state, event, at) => (state.pid === null ? stay(state) : stop(state, at, { kind: "death", death: useless(event) }, event.what)),
    inspected: inspected,
    restAsked: (state, event, at) => (state.pid === null ? stay(state) : stop(state, at, { kind: "rest", reason: event.reason }, event.reason)),
    wantedUp: (state) => [{ ...state, want: "up" }, []],
    wantedDown: (state, event, at) => leaveStarting(state, at, { kind: "down", reason: event.reason }, event.reason),
    restartAsked: (state, event, at) => leaveStarting(reset(state), at, { kind: "start", reason: event.reason }, event.reason),
    spawned: spawned,
    spawnFailed: (state, event, at) => (state.pid === null ? die(state, { cause: "not-spawned", code: null, signal: null, what: event.reason }, at) : stay(state)),
    answered: (state) => (state.pid === null || state.answered ? stay(state) : [{ ...state, answered: true, reason: "it answers; its state is awaited" }, []]),
    stateReported: reportedWhileStarting,
    drained: stay,
    exited: leave,
    groupEmptied: leave,
    deadlinePassed: silent,
  },
  ready: {
    ...settled,
    inspected: stay,
    hung: (state, event, at) => stop(state, at, { kind: "death", death: useless(event) }, event.what),
    restAsked: (state, event, at) => stop(state, at, { kind: "rest", reason: event.reason }, event.reason),
    wantedUp: stay,
    wantedDown: (state, event, at) => stop({ ...state, want: "down" }, at, { kind: "down", reason: event.reason }, event.reason),
    restartAsked: (state, event, at) => stop(reset(state), at, { kind: "start", reason: event.reason }, event.reason),
    spawned: killStray,
    spawnFailed: stay,
    answered: stay,
    stateReported: (state, event, at) =>
      event.state === "stopping" ? announcedStop(state, at) : [{ ...state, state: event.state, reason: event.reason ?? readyReason(event.state), deadline: healthyAt(state, event.state, at) }, []],
    drained: stay,
    exited: leave,
    groupEmptied: leave,
    deadlinePassed: (state) => [{ ...reset(state), deadline: null }, []],
  },
  stopping: {
    ...settled,
    inspected: stay,
    hung: stay,
    restAsked: (state, event) => (state.after.kind === "start" ? [{ ...state, after: { kind: "rest", reason: event.reason } }, []] : stay(state)),
    // It was to rest because nothing was asked of it, and now something is.
    requested: (state, _, at) => (state.after.kind === "rest" && at.policy.blocked === null ? [{ ...state, after: { kind: "start", reason: "a request came" } }, []] : stay(state)),
    wantedUp: (state, event) => (state.after.kind === "down" || state.after.kind === "announced" || state.after.kind === "rest" ? [{ ...reset(state), after: { kind: "start", reason: event.reason } }, []] : stay(state)),
    wantedDown: (state, event) => [{ ...state, want: "down", after: { kind: "down", reason: event.reason } }, []],
    restartAsked: (state, event) => [{ ...reset(state), after: { kind: "start", reason: event.reason } }, []],
    spawned: killStray,
    spawnFailed: stay,
    answered: stay,
    stateReported: (state, event) => [{ ...state, state: event.state }, []],
    drained: (state, _, at) => (state.step === "draining" ? climb(state, "asked", at, "nothing is in flight any more; asked to stop") : stay(state)),
    exited: leave,
    groupEmptied: leave,
    deadlinePassed: overstayed,
  },
  backoff: {
    ...noProcess,
    ...settled,
    restAsked: (state, event, at) => rest(state, at, event.reason),
    wantedUp: (state, event, at) => begin(reset(state), at, event.reason),
    wantedDown: (state, event, at) => conclude(state, { kind: "down", reason: event.reason }, at),
    restartAsked: (state, event, at) => begin(reset(state), at, event.reason),
    deadlinePassed: (state, _, at) => begin({ ...state, restarts: state.restarts + 1 }, at, `restarted after ${inWords(at.now - state.since)}`),
  },
  failed: {
    ...noProcess,
    ...settled,
    restAsked: stay,
    wantedUp: (state, event, at) => begin(reset(state), at, event.reason),
    wantedDown: (state, event, at) => conclude(state, { kind: "down", reason: event.reason }, at),
    restartAsked: (state, event, at) => begin(reset(state), at, event.reason),
    deadlinePassed: (state, _, at) => begin({ ...state, restarts: state.restarts + 1 }, at, "one more try of a failed worker", true),
  },
};

/** It may be anywhere in its life: it is asked as one that has just been started. */
function adopt(state: StateOf<"down">, event: EventOf<"adopted">, at: At): Step {
  const { pid, restarts, reason } = event;
  const deadline = at.now + at.policy.timeouts.startMs;
  const next: Starting = { ...reset(state), phase: "starting", reason, since: at.now, deadline, restarts, pid, answered: false, inspected: false, probing: false, state: null };
  return [next, [{ type: "watch", pid }, { type: "connect", pid }]];
}

function useless({ cause, what }: EventOf<"hung">): Extract<Stopping["after"], { kind: "death" }>["death"] {
  return { cause, code: null, signal: null, what };
}

/** Its time to answer is over. A program that loads first and answers then is at work, which shows. */
function silent(state: Starting, _: EventOf<"deadlinePassed">, at: At): Step {
  const { loadMs } = at.policy.timeouts;
  const mayLoad = loadMs === null || at.now - state.since < loadMs;
  if (state.pid !== null && !state.answered && !state.inspected && mayLoad) return [{ ...state, inspected: true, deadline: at.now + INSPECT_MS }, [{ type: "inspect", pid: state.pid }]];
  return stop(state, at, { kind: "death", death: unanswered(state, at) }, unanswered(state, at).what);
}

function inspected(state: Starting, event: EventOf<"inspected">, at: At): Step {
  if (!state.inspected || state.answered) return stay(state);
  if (event.atWork === null) return stop(state, at, { kind: "death", death: unanswered(state, at) }, unanswered(state, at).what);
  const { startMs, loadMs } = at.policy.timeouts;
  const last = loadMs === null ? Infinity : state.since + loadMs;
  return [{ ...state, inspected: false, deadline: Math.max(at.now, Math.min(at.now + startMs, last)), reason: `it has not answered yet and is at work: ${event.atWork}` }, []];
}

function spawned(state: Starting, event: EventOf<"spawned">, at: At): Step {
  if (state.pid !== null) return killStray(state, event);
  const born: Starting = { ...state, pid: event.pid, deadline: at.now + at.policy.timeouts.startMs };
  if (state.want === "down") return stop(born, at, { kind: "down", reason: state.reason }, state.reason);
  return [born, [{ type: "connect", pid: event.pid }]];
}

function reportedWhileStarting(state: Starting, event: EventOf<"stateReported">, at: At): Step {
  if (state.pid === null) return stay(state);
  if (event.state === "stopping") return announcedStop(state, at);
  if (event.state === "loading") return [{ ...state, answered: true, state: "loading", deadline: null, reason: event.reason ?? "it is loading" }, []];
  const { want, restarts, pid } = state;
  // A failed worker that came up in its one try begins with a clean sheet.
  const { deaths, window } = state.probing ? reset(state) : state;
  const deadline = healthyAt({ window, state: "error", deadline: null }, event.state, at);
  const reason = event.reason ?? readyReason(event.state);
  return [{ phase: "ready", want, reason, since: at.now, deadline, deaths, window, restarts, pid, state: event.state }, []];
}

/** When its deaths are forgotten, now that it says it is in `next`. In error it is ready and not healthy: the time begins when that ends. */
function healthyAt({ window, state, deadline }: Pick<StateOf<"ready">, "window" | "state" | "deadline">, next: string, at: At): number | null {
  if (window.length === 0 || next === "error") return null;
  return state === "error" ? at.now + at.policy.restart.healthyAfterMs : deadline;
}

function readyReason(state: string): string {
  return state === "error" ? "it answers, but says that it is in error" : "it answers on its pipe";
}

/** A process that is only asked for cannot be stopped yet: `spawned` does it. */
function leaveStarting(state: Starting, at: At, after: Stopping["after"], reason: string): Step {
  const want = after.kind === "down" ? "down" : "up";
  return state.pid === null ? [{ ...state, want, reason }, []] : stop({ ...state, want }, at, after, reason);
}

function announcedStop(state: Starting | StateOf<"ready">, at: At): Step {
  return stop({ ...state, state: "stopping" }, at, { kind: "announced" }, "it was asked to stop over its own pipe");
}

function unanswered(state: Starting, at: At): Extract<Stopping["after"], { kind: "death" }>["death"] {
  const waited = inWords(at.now - state.since - (state.inspected ? INSPECT_MS : 0) < at.policy.timeouts.startMs * 2 ? at.policy.timeouts.startMs : at.now - state.since);
  return { cause: "unanswered", code: null, signal: null, what: state.answered ? `it did not say its state within ${waited}` : `it did not answer within ${waited}` };
}

function overstayed(state: Stopping, _: EventOf<"deadlinePassed">, at: At): Step {
  const { drainMs, stopMs, killMs } = at.policy.timeouts;
  switch (state.step) {
    case "draining":
      return climb(state, "asked", at, `requests are still in flight after ${inWords(drainMs)}; asked to stop`);
    case "asked":
      return climb(state, "terminating", at, `not gone ${inWords(state.after.kind === "announced" ? drainMs + stopMs : stopMs)} after it was asked to stop; SIGTERM to its group`);
    case "terminating":
      return climb(state, "killing", at, `not gone ${inWords(killMs)} after SIGTERM; SIGKILL to its group`);
    case "killing":
      return climb(state, "killing", at, "not gone after SIGKILL: the kernel holds it; SIGKILL again");
  }
}

/** A fact about another process, or a timer that went off too early. */
function isStale(state: WorkerState, event: WorkerEvent, now: number): boolean {
  if (event.type === "deadlinePassed") return state.deadline === null || now < state.deadline;
  return "pid" in event && event.type !== "spawned" && event.type !== "adopted" && event.pid !== state.pid;
}

/** What is worth a line in the log; a ready tool going from idle to busy and back is not. */
function isNews(from: WorkerState, to: WorkerState): boolean {
  if (from.phase !== to.phase || from.want !== to.want) return true;
  if (to.phase === "ready") return from.state !== to.state && (from.state === "error" || to.state === "error");
  return from.reason !== to.reason;
}
