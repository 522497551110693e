import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { Instance } from "./instance.ts";
import type { Standing, SuccessionEvent } from "./succession.ts";
import type { WorkerState } from "../worker/state.ts";
import { isDown } from "../worker/worker.ts";

/** How a tool stands whose incumbent this is, but for what only its seat knows. */
export function standingOf({ worker, connector }: Instance): Omit<Standing, "now" | "hash" | "proven" | "alone"> {
  const { spec, state } = worker;
  const { phase, pid, want } = state;
  return {
    spec,
    idle: phase === "down" || phase === "resting" || (phase === "stopping" && want === "down"),
    ready: works(state),
    answers: phase === "ready" && connector.ours,
    alive: pid !== null,
    retireMs: Math.max(1000, spec.timeouts.drainMs),
  };
}

/** Only a server of ours can serve beside another until it is told to take its place; of a module that shows by the one that runs. */
export function isKnownServer(spec: ToolSpec, { worker, connector }: Instance): boolean {
  return spec.kind === "server" || (spec.kind === "module" && worker.spec.kind === "module" && connector.ours);
}

export function works({ phase, state }: WorkerState): boolean {
  return phase === "ready" && state !== "error";
}

/** What a change of the incumbent's state means for a succession, in order. */
export function newsOfIncumbent(state: WorkerState, before: WorkerState): SuccessionEvent[] {
  const ready: SuccessionEvent = works(state) ? { type: "incumbentReady" } : { type: "incumbentFailed", what: state.reason, dead: false };
  return [
    ...(state.phase === "ready" ? [ready] : []),
    ...(state.pid === null && before.pid !== null ? [{ type: "incumbentGone" } as const] : []),
    ...(state.want === "down" && before.want === "up" ? [{ type: "stopAsked" } as const] : []),
  ];
}

/** The same of a standby; null for nothing. `lastDeath` says how its process ended, as a clause. */
export function newsOfStandby(state: WorkerState, lastDeath: string | null): SuccessionEvent | null {
  if (works(state)) return { type: "standbyReady" };
  const failed = state.phase === "ready" || state.phase === "failed" || isDown(state);
  return failed ? { type: "standbyFailed", what: lastDeath ?? state.reason } : null;
}
