import type { Logger } from "pino";
import type { Connector } from "../pipe/connector.ts";
import { Health } from "./health.ts";
import { unheldClock } from "../worker/clock.ts";
import { usageOf } from "../worker/inspect.ts";
import type { WorkerState } from "../worker/state.ts";
import type { Worker } from "../worker/worker.ts";

/**
 * Has a worker's health watched from when it has said what it does: before that its time to start runs, and at the end that of its stop.
 * What it says is asked of over its own pipe.
 */
export function watchHealth(worker: Worker, connector: Connector, log: Logger): Health {
  const tool = worker.spec.name;
  let watched: number | null = null;
  const health = new Health(
    {
      get budgets() {
        return worker.spec.health;
      },
      get state() {
        return worker.state.state;
      },
      get reason() {
        return worker.state.reason;
      },
      get prompt() {
        return connector.ours;
      },
      ask: (answered) => connector.askHealth(answered),
      look: (at) => usageOf(watched ?? 0, at),
      suspect: (reason) => log.warn({ tool, pid: watched, reason }, "it may hang"),
      giveUp: (cause, what) => worker.giveUp(cause, what),
    },
    unheldClock,
  );
  worker.on("changed", (state) => {
    const next = mayBeAsked(state) ? state.pid : null;
    if (next === watched) return;
    watched = next;
    if (next === null) health.unwatch();
    else health.watch();
  });
  return health;
}

function mayBeAsked({ phase, state }: WorkerState): boolean {
  return phase === "ready" || (phase === "starting" && state === "loading");
}
