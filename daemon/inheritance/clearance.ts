import { rmSync } from "node:fs";
import { removeOrphans } from "../../pipes/client/orphans.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import type { Places } from "../../pipes/protocol/places.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";
import { acquireLock } from "../../pipes/transport/lock.ts";
import { dismiss, type Guarded } from "../guardian/guardian.ts";
import { endLeftovers } from "./leftovers.ts";
import { isStopAsked, restartFollows } from "../systemd/aftermath.ts";
import { killOthers, unitGroup } from "../systemd/cgroup.ts";
import { Lifelines } from "../worker/lifeline.ts";

/** What was ended (pids) and removed (paths). */
export interface Cleared {
  readonly ended: readonly number[];
  readonly removed: readonly string[];
}

/**
 * `pipe-tools --end-leftovers`: ends the workers of a daemon that is no more and removes their pipes. Null, with nothing done, where
 * a daemon runs, or where systemd is about to start one, which will adopt them. Run by systemd after the service has been stopped, it
 * leaves no other process in the service's control group, whatever its workers have started.
 */
export async function clearAway(places: Places, env: Readonly<Record<string, string | undefined>> = process.env): Promise<Cleared | null> {
  const group = env["SERVICE_RESULT"] === undefined ? null : unitGroup();
  if (await restartFollows(env, async () => group !== null && isStopAsked(group.unit))) return null;
  return whileLocked(places, async (registry) => {
    if (registry !== null) await dismiss(registry.daemon); // it would wait for nothing
    return clear(places, registry, registry?.pipes ?? null, () => (group === null ? Promise.resolve([]) : killOthers(group)));
  });
}

/** The same for what one certain daemon has left, if no other one runs, or has been there since. */
export async function clearAfter(places: Places, { pid, started, pipes }: Guarded): Promise<Cleared | null> {
  return whileLocked(places, async (registry) => {
    if (registry !== null && (registry.daemon.pid !== pid || registry.daemon.started !== started)) return null;
    return clear(places, registry, pipes, () => Promise.resolve([]));
  });
}

/** Null where another process holds the daemon's lock. */
async function whileLocked(places: Places, run: (registry: Registry | null) => Promise<Cleared | null>): Promise<Cleared | null> {
  const lock = acquireLock(places.lock);
  if (lock === null) return null;
  try {
    return await run(readRegistry(places.registry));
  } finally {
    lock.release();
  }
}

async function clear(places: Places, registry: Registry | null, pipes: string | null, endOthers: () => Promise<number[]>): Promise<Cleared> {
  const lifelines = new Lifelines(places.runtime);
  const ended = [...(await endLeftovers(registry, lifelines)), ...(await endOthers())];
  const removed = pipes === null ? [] : await removeOrphans(pipes);
  lifelines.clear();
  rmSync(places.registry, { force: true });
  return { ended, removed };
}
