import { isAlive } from "../pipes/client/registry.ts";
import type { Registry } from "../pipes/protocol/registry.ts";
import { signalGroup, whenGroupEmpty } from "./worker/group.ts";
import { bootId, startTimeOf } from "./worker/identity.ts";

/** How long a leftover worker may take to end by itself, in ms. */
const GRACE_MS = 3000;

/**
 * Ends the workers that a daemon which crashed has left behind, so that no tool ever has two. Only processes that the
 * registry proves to be those workers: same boot, same pid, same start time. Resolves, when they are gone, to their pids.
 */
export async function endLeftovers(registry: Registry | null): Promise<number[]> {
  if (registry === null || registry.daemon.bootId !== bootId()) return [];
  if (isAlive(registry.daemon.pid, registry.daemon.startTime) && registry.daemon.pid !== process.pid) return []; // that daemon holds our lock, or will say so
  const pids = Object.values(registry.tools).flatMap(({ pid, startTime }) => (pid !== null && startTime !== null && startTimeOf(pid) === startTime ? [pid] : []));
  await Promise.all(pids.map(end));
  return pids;
}

async function end(pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  signalGroup(pid, "SIGCONT");
  const forced = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  await whenGroupEmpty(pid);
  clearTimeout(forced);
}
