import type { Logger } from "pino";
import type { Fleet } from "../fleet/fleet.ts";
import { openNotify } from "./notify.ts";
import { startWatchdog, watchdogInterval } from "./watchdog.ts";

/** How the daemon as a whole is doing, for the service manager; does nothing without one. */
export interface ServiceNews {
  ready(): void;
  reloading(): void;
  /** `applied`: whether the file on disk is the one in force now. */
  reloaded(applied: boolean): void;
  /** `budget`: the longest, in ms, that the stop may take. */
  stopping(budget: number): void;
}

/** Beside the workers' own time: for closing pipes and files, on a machine that is busy stopping everything. */
const CLOSING_MS = 5000;

export async function announce(fleet: Fleet, log: Logger): Promise<ServiceNews> {
  const line = await openNotify({ report: (error) => log.warn({ reason: error.message }, "systemd cannot be told how the daemon is") });
  if (!line.active) return { ready: () => undefined, reloading: () => undefined, reloaded: () => undefined, stopping: () => undefined };
  startWatchdog(line, watchdogInterval(process.env, process.pid));
  let said = "";
  let refused = false;
  const current = (): string => `${refused ? "tools.yaml was not applied, see cpipe --list; " : ""}${statusOf(fleet)}`;
  const tell = (): void => {
    const status = current();
    if (status !== said) line.notify({ status });
    said = status;
  };
  fleet.on("changed", tell).on("removed", tell);
  return {
    ready: () => line.notify({ ready: true, status: current() }),
    reloading: () => line.notify({ reloading: true }),
    reloaded: (applied) => {
      refused = !applied;
      line.notify({ ready: true, status: current() });
    },
    stopping: (budget) => line.notify({ stopping: true, status: "stopping", extendMs: budget + CLOSING_MS }),
  };
}

/** `3 tools: 2 ready, 1 backoff`. */
export function statusOf(fleet: Pick<Fleet, "entries">): string {
  const { entries } = fleet;
  const counts = new Map<string, number>();
  for (const { phase, state } of entries) {
    const word = phase === "ready" && state === "error" ? "in error" : phase;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return `${entries.length} ${entries.length === 1 ? "tool" : "tools"}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}
