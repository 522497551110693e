import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { inWords } from "../worker/restart.ts";

/** The settings that a tool is to have, and why. */
export interface Aim {
  readonly spec: ToolSpec;
  /** By `specHash`: two aims of the same hash want the same process. */
  readonly hash: string;
  readonly why: string;
}

/** What came of an aim, for whoever asked for it; `reason` is a sentence. */
export interface Outcome {
  /**
   * `switched`: the new worker was ready before the old one left. `replaced`: the old one left first. `kept`: the new settings failed, and
   * the ones before are in force. `failed`: they failed, and there were none before that had worked. `noted`: no process runs; the next one
   * has them. `superseded`: another change, or a stop, came between.
   */
  readonly kind: "switched" | "replaced" | "kept" | "failed" | "noted" | "superseded";
  readonly reason: string;
}

/** How a tool stands when a decision is made. */
export interface Standing {
  readonly now: number;
  /** The settings in force, and their hash. */
  readonly spec: ToolSpec;
  readonly hash: string;
  /** There is nothing to relieve: it is down, or rests until a request comes. */
  readonly idle: boolean;
  /** It is ready for its clients. */
  readonly ready: boolean;
  /** It reads its pipe, so that it can be asked to leave it. */
  readonly answers: boolean;
  /** It has a process. */
  readonly alive: boolean;
  /** It has been ready by the settings in force. */
  readonly proven: boolean;
  /** Why a second process is not to be had, as a clause; null when one is. */
  readonly alone: string | null;
  /** How long the old one may take to leave the pipe, in ms. */
  readonly retireMs: number;
}

/** A worker that is ready takes the pipe over in less than this, or is of no use; nobody reads the pipe meanwhile. */
export const PROMOTE_MS = 5000;

/**
 * Where a change of settings has come to. The *incumbent* is the worker in force, the *standby* the one that is to take its place.
 * In every phase but `settled` and `replacing` there are two processes at most, of which one at most reads the tool's pipe.
 */
export type Succession =
  | { readonly phase: "settled" }
  /** The standby starts and loads; the incumbent serves. */
  | { readonly phase: "preparing"; readonly aim: Aim; readonly deadline: number | null }
  /** The standby is being ended; the incumbent serves. */
  | { readonly phase: "discarding"; readonly next: Aim | null }
  /** The incumbent was asked to leave the pipe. */
  | { readonly phase: "handing"; readonly aim: Aim; readonly next: Aim | null; readonly deadline: number }
  /** It cannot be asked, so it is being ended. */
  | { readonly phase: "evicting"; readonly aim: Aim; readonly next: Aim | null }
  /** Nobody reads the pipe; the standby was asked to. `evicted`: the incumbent was ended for it. */
  | { readonly phase: "promoting"; readonly aim: Aim; readonly next: Aim | null; readonly deadline: number; readonly evicted: boolean }
  /** The standby has become the incumbent; the one before finishes what it had begun, and ends. */
  | { readonly phase: "relieving"; readonly next: Aim | null }
  /** One after the other: the incumbent starts anew by the new settings. `from` are those that are known to work. */
  | { readonly phase: "replacing"; readonly aim: Aim; readonly from: ToolSpec | null; readonly deadline: number | null };

export type SuccessionEvent =
  | { readonly type: "aimed"; readonly aim: Aim }
  | { readonly type: "stopAsked" }
  | { readonly type: "standbyReady" }
  /** `what` is a clause: `it exited with code 1: Error: no such model`. */
  | { readonly type: "standbyFailed"; readonly what: string }
  /** Nothing of the standby lives. */
  | { readonly type: "standbyGone" }
  /** The standby, or the incumbent that is being replaced, has got further with its loading. */
  | { readonly type: "progressed" }
  | { readonly type: "retired" }
  | { readonly type: "retireFailed"; readonly what: string }
  | { readonly type: "promoted" }
  | { readonly type: "promoteFailed"; readonly what: string }
  /** The incumbent has no process any more. */
  | { readonly type: "incumbentGone" }
  /** Nothing lives of the one that was relieved. */
  | { readonly type: "relievedGone" }
  | { readonly type: "incumbentReady" }
  /** It does not come up: it has died, or (`dead` is false) says that it is in error. */
  | { readonly type: "incumbentFailed"; readonly what: string; readonly dead: boolean }
  | { readonly type: "deadlinePassed" };

export type SuccessionEffect =
  /** The settings of the next process; the one that runs, if any, is left alone. */
  | { readonly type: "configure"; readonly spec: ToolSpec }
  /** Start the incumbent anew by these settings. */
  | { readonly type: "replace"; readonly spec: ToolSpec; readonly why: string }
  /** The same, of one that has just died (`dead`) or is of no use. */
  | { readonly type: "restore"; readonly spec: ToolSpec; readonly why: string; readonly dead: boolean }
  | { readonly type: "startStandby"; readonly aim: Aim }
  | { readonly type: "endStandby"; readonly why: string }
  /** Ask the incumbent to leave the pipe, and not to begin anew should it die. */
  | { readonly type: "retire" }
  /** End the incumbent; its pipe stays. */
  | { readonly type: "evict"; readonly why: string }
  | { readonly type: "promote" }
  /** The standby is the incumbent from now on; the one before is stopped. */
  | { readonly type: "install"; readonly aim: Aim }
  /** The incumbent is to serve again: asked to, when it has only left the pipe, or started, when it was ended. */
  | { readonly type: "recall"; readonly evicted: boolean }
  | { readonly type: "settle"; readonly outcome: Outcome }
  /** Raise `aimed` again: it had to wait. */
  | { readonly type: "again"; readonly aim: Aim };

export type SuccessionStep = readonly [Succession, readonly SuccessionEffect[]];

export const settled: Succession = { phase: "settled" };
const stay = (state: Succession): SuccessionStep => [state, []];

/** What follows from an event, as the next phase and what is to be done. Pure and total; events that are late news change nothing. */
export function succeed(state: Succession, event: SuccessionEvent, at: Standing): SuccessionStep {
  switch (event.type) {
    case "aimed":
      return aimed(state, event.aim, at);
    case "stopAsked":
      return stopAsked(state);
    case "standbyReady":
      return state.phase === "preparing" ? standbyReady(state, at) : stay(state);
    case "standbyFailed":
      return standbyFailed(state, event.what);
    case "standbyGone":
      return state.phase === "discarding" ? conclude(state.next) : standbyFailed(state, "it ended");
    case "progressed":
      return state.phase === "preparing" || state.phase === "replacing" ? [{ ...state, deadline: loadDeadline(state.aim, at) }, []] : stay(state);
    case "retired":
      return state.phase === "handing" ? promote(state, at, false) : stay(state);
    case "retireFailed":
      return state.phase === "handing" ? evict(state, event.what) : stay(state);
    case "promoted":
      return state.phase === "promoting" ? promoted(state, at) : stay(state);
    case "promoteFailed":
      return standbyFailed(state, event.what);
    case "incumbentGone":
      return incumbentGone(state, at);
    case "relievedGone":
      return state.phase === "relieving" ? conclude(state.next) : stay(state);
    case "incumbentReady":
      return state.phase === "replacing" ? [settled, [outcome("replaced", `by a worker with the new settings: ${state.aim.why}`)]] : stay(state);
    case "incumbentFailed":
      return state.phase === "replacing" ? rollBack(state, event.what, event.dead) : stay(state);
    case "deadlinePassed":
      return deadlinePassed(state, at);
  }
}

/** When `deadlinePassed` is due, in ms of the shell's clock. */
export function deadlineOf(state: Succession): number | null {
  return "deadline" in state ? state.deadline : null;
}

function aimed(state: Succession, aim: Aim, at: Standing): SuccessionStep {
  switch (state.phase) {
    case "settled":
      return begin(aim, at);
    case "preparing":
      if (aim.hash === state.aim.hash) return [{ ...state, aim }, []];
      return [{ phase: "discarding", next: aim }, [superseded("the settings have changed again"), { type: "endStandby", why: "the settings have changed again" }]];
    case "replacing":
      if (aim.hash === state.aim.hash) return [{ ...state, aim }, [{ type: "configure", spec: aim.spec }]];
      return [{ ...state, aim, deadline: loadDeadline(aim, at) }, [superseded("the settings have changed again"), { type: "replace", spec: aim.spec, why: aim.why }]];
    case "discarding":
    case "relieving":
      return [{ ...state, next: aim }, []];
    case "handing":
    case "evicting":
    case "promoting":
      return aim.hash === state.aim.hash ? [{ ...state, aim, next: null }, []] : [{ ...state, next: aim }, []];
  }
}

function begin(aim: Aim, at: Standing): SuccessionStep {
  if (aim.hash === at.hash) return [settled, [{ type: "configure", spec: aim.spec }]];
  if (at.idle) return [settled, [{ type: "configure", spec: aim.spec }, outcome("noted", "it has no process; the next one has the new settings")]];
  if (at.ready && at.alone === null) return [{ phase: "preparing", aim, deadline: loadDeadline(aim, at) }, [{ type: "startStandby", aim }]];
  return [{ phase: "replacing", aim, from: at.proven ? at.spec : null, deadline: loadDeadline(aim, at) }, [{ type: "replace", spec: aim.spec, why: aim.why }]];
}

/** Whoever wants it down wants no successor either; the next start is by the settings that were aimed at. */
function stopAsked(state: Succession): SuccessionStep {
  const end: SuccessionEffect = { type: "endStandby", why: "the tool is to stop" };
  const late = superseded("the tool was stopped meanwhile");
  switch (state.phase) {
    case "settled":
      return stay(state);
    case "preparing":
    case "handing":
    case "evicting":
    case "promoting":
      return [{ phase: "discarding", next: null }, [late, end, { type: "configure", spec: ("next" in state && state.next !== null ? state.next : state.aim).spec }]];
    case "replacing":
      return [settled, [late]];
    case "discarding":
    case "relieving":
      return [{ ...state, next: null }, state.next === null ? [] : [{ type: "configure", spec: state.next.spec }]];
  }
}

function standbyReady(state: Extract<Succession, { phase: "preparing" }>, at: Standing): SuccessionStep {
  const { aim } = state;
  if (!at.alive) return promote({ aim, next: null }, at, true);
  if (!at.answers) return evict({ aim, next: null }, "it does not answer");
  return [{ phase: "handing", aim, next: null, deadline: at.now + at.retireMs }, [{ type: "retire" }]];
}

function promote({ aim, next }: { aim: Aim; next: Aim | null }, at: Standing, evicted: boolean): SuccessionStep {
  return [{ phase: "promoting", aim, next, deadline: at.now + PROMOTE_MS, evicted }, [{ type: "promote" }]];
}

function evict({ aim, next }: { aim: Aim; next: Aim | null }, what: string): SuccessionStep {
  return [{ phase: "evicting", aim, next }, [{ type: "evict", why: `its successor is ready, and it did not leave its pipe to it: ${what}` }]];
}

function promoted({ aim, next }: Extract<Succession, { phase: "promoting" }>, at: Standing): SuccessionStep {
  const effects: SuccessionEffect[] = [{ type: "install", aim }, outcome("switched", `the new worker was ready before the old one left: ${aim.why}`)];
  if (at.alive) return [{ phase: "relieving", next }, effects];
  const [state, more] = conclude(next);
  return [state, [...effects, ...more]];
}

/** The new settings do not come up: whoever served before goes on. */
function standbyFailed(state: Succession, what: string): SuccessionStep {
  const failed = [{ type: "endStandby", why: what } as const, outcome("kept", kept(what))];
  switch (state.phase) {
    case "preparing":
      return [{ phase: "discarding", next: null }, failed];
    case "handing":
      return [{ phase: "discarding", next: state.next }, [...failed, { type: "recall", evicted: false }]];
    case "evicting":
      return [{ phase: "discarding", next: state.next }, [...failed, { type: "recall", evicted: true }]];
    case "promoting":
      return [{ phase: "discarding", next: state.next }, [...failed, { type: "recall", evicted: state.evicted }]];
    case "settled":
    case "discarding":
    case "relieving":
    case "replacing":
      return stay(state);
  }
}

function incumbentGone(state: Succession, at: Standing): SuccessionStep {
  if (state.phase === "handing" || state.phase === "evicting") return promote(state, at, true);
  return state.phase === "promoting" ? [{ ...state, evicted: true }, []] : stay(state);
}

function rollBack({ from }: Extract<Succession, { phase: "replacing" }>, what: string, dead: boolean): SuccessionStep {
  if (from === null) return [settled, [outcome("failed", `the new settings failed: ${what}`)]];
  return [settled, [outcome("kept", kept(what)), { type: "restore", spec: from, why: kept(what), dead }]];
}

function deadlinePassed(state: Succession, at: Standing): SuccessionStep {
  const deadline = deadlineOf(state);
  if (deadline === null || at.now < deadline) return stay(state);
  if (state.phase === "preparing") return standbyFailed(state, tooSlow(state.aim));
  if (state.phase === "replacing") return rollBack(state, tooSlow(state.aim), false);
  if (state.phase === "handing") return evict(state, "it did not answer in time");
  return standbyFailed(state, "it was ready and did not take the pipe over");
}

function conclude(next: Aim | null): SuccessionStep {
  return [settled, next === null ? [] : [{ type: "again", aim: next }]];
}

/** So long may it load without a sign of progress. */
function loadDeadline({ spec: { timeouts } }: Aim, { now }: Standing): number | null {
  return timeouts.loadMs === null ? null : now + timeouts.loadMs;
}

const tooSlow = ({ spec: { timeouts } }: Aim): string => `its loading got no further for ${inWords(timeouts.loadMs ?? 0)}`;
const kept = (what: string): string => `kept the settings before: the new ones failed: ${what}`;
const outcome = (kind: Outcome["kind"], reason: string): SuccessionEffect => ({ type: "settle", outcome: { kind, reason } });
const superseded = (reason: string): SuccessionEffect => outcome("superseded", reason);
