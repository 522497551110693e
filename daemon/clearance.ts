import { rmSync } from "node:fs";
import { removeOrphans } from "../pipes/client/orphans.ts";
import { readRegistry } from "../pipes/client/registry.ts";
import type { Places } from "../pipes/protocol/places.ts";
import { acquireLock } from "../pipes/transport/lock.ts";
import { endLeftovers } from "./leftovers.ts";
import { isStopAsked, restartFollows } from "./systemd/aftermath.ts";
import { killOthers, unitGroup } from "./systemd/cgroup.ts";
import { Lifelines } from "./worker/lifeline.ts";

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
  const lock = acquireLock(places.lock);
  if (lock === null) return null;
  try {
    const registry = readRegistry(places.registry);
    const lifelines = new Lifelines(places.runtime);
    const ended = await endLeftovers(registry, lifelines);
    if (group !== null) ended.push(...(await killOthers(group)));
    const removed = registry === null ? [] : await removeOrphans(registry.pipes);
    lifelines.clear();
    rmSync(places.registry, { force: true });
    return { ended, removed };
  } finally {
    lock.release();
  }
}
