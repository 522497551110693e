import type { Ordered } from "./order.ts";
import type { WorkerState } from "../worker/state.ts";

/** Why a tool must not be started now, as a sentence; null when it may. */
export type Gate = (name: string) => string | null;

/** How a tool is, as far as others wait for it. */
export interface Standing extends Ordered {
  readonly state: WorkerState;
}
/** Undefined for a tool that there is not. */
export type StandingOf = (name: string) => Standing | undefined;

/** Why a tool must not be started now, as a sentence: what it needs is not ready, or what it is started after is on its way. */
export function waitsBecause(name: string, standingOf: StandingOf): string | null {
  const waits = outstanding(name, standingOf);
  return waits.length === 0 ? null : `it waits for ${waits.map((other) => `${other}, which ${inWords(standingOf(other)?.state)}`).join(", and for ")}`;
}

/** It waits for one that does not come up by itself. */
export function isStuck(name: string, standingOf: StandingOf): boolean {
  const own = standingOf(name);
  return own?.state.phase === "waiting" && own.needs.some((other) => !isServing(standingOf(other)?.state) && !isComing(other, standingOf));
}

function outstanding(name: string, standingOf: StandingOf): string[] {
  const { needs, after } = standingOf(name) ?? { needs: [], after: [] };
  const needed = needs.filter((other) => !isServing(standingOf(other)?.state));
  return [...new Set([...needed, ...after.filter((other) => isComing(other, standingOf))])];
}

/** One that rests counts: the first request brings it, and waits for it. */
function isServing(state: WorkerState | undefined): boolean {
  return state?.phase === "resting" || (state?.phase === "ready" && state.state !== "loading" && state.state !== "error");
}

/**
 * On its way to be ready, without anybody's help. One that has died more than once, or waits for what is not on its way
 * (memory, a tool that is down), may take for ever, and nobody is to wait in a row for that.
 */
function isComing(name: string, standingOf: StandingOf): boolean {
  const state = standingOf(name)?.state;
  if (state === undefined) return false;
  switch (state.phase) {
    case "starting":
      return true;
    case "ready":
      return state.state === "loading";
    case "stopping":
      return state.want === "up" && state.after.kind === "start";
    case "waiting": {
      const waits = outstanding(name, standingOf);
      return waits.length > 0 && waits.every((other) => isComing(other, standingOf));
    }
    case "down":
    case "resting":
    case "backoff":
    case "failed":
      return false;
  }
}

function inWords(state: WorkerState | undefined): string {
  if (state === undefined) return "there is not";
  switch (state.phase) {
    case "ready":
      return state.state === "error" ? `is in error: ${state.reason}` : `is ${state.state}`;
    case "failed":
      return `has failed: ${state.reason}`;
    case "backoff":
      return "waits to be started again";
    case "waiting":
      return "waits itself";
    case "starting":
      return state.state === "loading" ? "is loading" : "is starting";
    case "down":
    case "resting":
    case "stopping":
      return `is ${state.phase}`;
  }
}
