import { causeOf, judge, withinWindow } from "./restart.ts";
import type { After, Death, Effect, EventOf, Policy, Ready, Starting, Stopping, StopStep, Waiting, WorkerState } from "./state.ts";

/** When, and by what policy, a decision is made. */
export interface At {
  readonly policy: Policy;
  readonly now: number;
  readonly random: number;
}
export type Step = readonly [WorkerState, readonly Effect[]];
/** A process group that still cannot be ended after SIGKILL is signalled again no faster than this. */
const KILL_AGAIN_MS = 1000;

export const stay = (state: WorkerState): Step => [state, []];

/** Somebody decided: what happened before no longer counts. */
export function reset<S extends WorkerState>(state: S): S {
  return { ...state, want: "up", deaths: 0, window: [] };
}

/** Asks for a process, or waits until one may be started. Only called where there is none: in no phase with a pid, or when its group is empty. */
export function begin(from: WorkerState, at: At, reason: string, probing = false): Step {
  const { blocked } = at.policy;
  if (blocked !== null) {
    const waiting: Waiting = { ...history(from), phase: "waiting", reason: blocked, since: at.now, deadline: null, pid: null, state: null, cause: reason, probing };
    return [waiting, []];
  }
  const next: Starting = { ...history(from), phase: "starting", reason, since: at.now, deadline: null, pid: null, answered: false, inspected: false, probing, state: null };
  return [next, [{ type: "spawn" }]];
}

/** Begins a stop on the highest rung that makes sense: a worker that never answered would not read `stop` either. */
export function stop(from: Starting | Ready, at: At, after: After, reason: string): Step {
  if (from.pid === null) return stay(from);
  const { pid, state } = from;
  const probing = from.phase === "starting" && from.probing;
  const common = { ...history(from), reason, since: at.now, deadline: null };
  const stopping: Stopping = { ...common, phase: "stopping", pid, step: "draining", exited: false, after, probing, state };
  const hopeless = after.kind === "death" && (after.death.cause === "hang" || after.death.cause === "unanswered");
  if (hopeless || (from.phase === "starting" && !from.answered)) return climb(stopping, "terminating", at, reason);
  // It is stopping by itself already: it gets the time of both rungs, and no second `stop`.
  if (after.kind === "announced") return [{ ...stopping, step: "asked", deadline: at.now + at.policy.timeouts.drainMs + at.policy.timeouts.stopMs }, []];
  return climb(stopping, from.phase === "ready" ? "draining" : "asked", at, reason);
}

/** Goes to a rung of the stop, or to the next one that has time allotted. */
export function climb(state: Stopping, step: StopStep, at: At, reason: string): Step {
  const { drainMs, stopMs, killMs } = at.policy.timeouts;
  const rung = (ms: number): Stopping => ({ ...state, step, reason, deadline: at.now + ms });
  const signal = (name: "SIGTERM" | "SIGCONT" | "SIGKILL"): Effect => ({ type: "signalGroup", pid: state.pid, signal: name });
  switch (step) {
    case "draining":
      return drainMs > 0 ? [rung(drainMs), [{ type: "drain" }]] : climb(state, "asked", at, reason);
    case "asked":
      return stopMs > 0 ? [rung(stopMs), [{ type: "askToStop" }]] : climb(state, "terminating", at, reason);
    case "terminating":
      // A process that is stopped (SIGSTOP) takes SIGTERM only when it goes on.
      return killMs > 0 ? [rung(killMs), [signal("SIGTERM"), signal("SIGCONT")]] : climb(state, "killing", at, reason);
    case "killing":
      return [rung(Math.max(killMs, KILL_AGAIN_MS)), [signal("SIGKILL")]];
  }
}

/** Its process, or its whole group, is gone. */
export function leave(state: Starting | Ready | Stopping, event: EventOf<"exited"> | EventOf<"groupEmptied">, at: At): Step {
  const ended = event.type === "exited" ? event : { code: null, signal: null, lastWords: null, outOfMemory: null, groupEmpty: true };
  const loading = state.phase === "starting" && state.answered;
  const death: Death = { cause: causeOf(ended, loading), code: ended.code, signal: ended.signal, what: whatEnded(ended) };
  const after: After = state.phase === "stopping" ? settle(state, death) : { kind: "death", death };
  const closed: Effect[] = state.phase === "stopping" && state.exited ? [] : [{ type: "disconnect" }];
  if (ended.groupEmpty) return also(closed, conclude(state, after, at));
  if (state.pid === null) return stay(state);
  // Others of its group live on. Those of a stop get their SIGTERM; what a crash left behind is killed at once.
  const since = state.phase === "stopping" ? state.since : at.now;
  const probing = state.phase !== "ready" && state.probing;
  const common = { ...history(state), reason: state.reason, since, deadline: null };
  const rest: Stopping = { ...common, phase: "stopping", pid: state.pid, step: "killing", exited: true, after, probing, state: null };
  const calm = state.phase === "stopping" && state.step !== "killing";
  const [next, effects] = climb(rest, calm ? "terminating" : "killing", at, `${death.what}; processes that it started are still there`);
  return [next, [...closed, ...effects, { type: "awaitGroup", pid: state.pid }]];
}

/** No process is left: down, a new one, or what the policy says about the death. */
export function conclude(from: WorkerState, after: Exclude<After, { kind: "announced" }>, at: At): Step {
  const common = { ...history(from), since: at.now, deadline: null, pid: null, state: null };
  if (after.kind === "down") return [{ ...common, phase: "down", want: "down", reason: after.reason }, []];
  if (after.kind === "start") return begin(from, at, after.reason);
  if (after.kind === "rest") return rest(from, at, after.reason);
  return die(from, after.death, at);
}

/** No process until the next request. */
export function rest(from: WorkerState, at: At, reason: string): Step {
  return [{ ...history(from), want: "up", phase: "resting", reason, since: at.now, deadline: null, pid: null, state: null }, []];
}

/** Given up without a try, until somebody changes something. */
export function fail(from: WorkerState, at: At, reason: string): Step {
  return [{ ...history(from), phase: "failed", reason, since: at.now, deadline: null, pid: null, state: null }, []];
}

/** What the restart policy makes of a death. A probe is on trial from its start until it is ready. */
export function die(from: WorkerState, death: Death, at: At): Step {
  if (from.want === "down") return conclude(from, { kind: "down", reason: from.reason }, at);
  const probing = (from.phase === "starting" || from.phase === "stopping") && from.probing;
  const deaths = from.deaths + 1;
  const window = withinWindow(from.window, at.now, at.policy.restart);
  const verdict = judge(death, { deaths, window, probing }, at.policy.restart, at.random);
  const reason = `${death.what}; ${verdict.because}`;
  const dead = { ...history(from), deaths, window, since: at.now, pid: null, state: null, reason };
  const mourn: Effect[] = [{ type: "mourn", death }];
  switch (verdict.kind) {
    case "rest":
      return [{ ...dead, phase: "down", want: "down", deadline: null }, mourn];
    case "fail":
      return [{ ...dead, phase: "failed", deadline: verdict.probe === null ? null : at.now + verdict.probe }, mourn];
    case "restart":
      if (verdict.delay > 0) return [{ ...dead, phase: "backoff", deadline: at.now + verdict.delay }, mourn];
      return also(mourn, begin({ ...from, deaths, window, restarts: from.restarts + 1 }, at, reason));
  }
}

/** What an exit means for a stop that is under way. */
function settle(state: Stopping, death: Death): Exclude<After, { kind: "announced" }> {
  if (state.after.kind !== "announced") return state.after;
  // Who sent it `stop` wanted it down. It fails only when it breaks on the way by itself.
  const obeyed = death.code === 0 || state.step === "terminating" || state.step === "killing";
  return obeyed ? { kind: "down", reason: "a client sent it stop" } : { kind: "death", death };
}

function whatEnded(ended: { code: number | null; signal: string | null; lastWords: string | null; outOfMemory: string | null }): string {
  const how = `${howEnded(ended)}${ended.outOfMemory === null ? "" : ` (${ended.outOfMemory})`}`;
  return ended.lastWords === null ? how : `${how}: ${ended.lastWords}`;
}

function howEnded(ended: { code: number | null; signal: string | null }): string {
  return ended.signal !== null ? `it was ended by ${ended.signal}` : ended.code !== null ? `it exited with code ${ended.code}` : "it ended, nobody saw how";
}

function history(state: WorkerState): Pick<WorkerState, "want" | "deaths" | "window" | "restarts"> {
  const { want, deaths, window, restarts } = state;
  return { want, deaths, window, restarts };
}

function also(first: readonly Effect[], [state, effects]: Step): Step {
  return [state, [...first, ...effects]];
}
