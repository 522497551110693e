import { readFileSync } from "node:fs";
import type { Registry, RegistryEntry } from "../pipes/protocol/registry.ts";
import { liveMembers, signalGroup, whenGroupEmpty } from "./worker/group.ts";
import { bootId, startTimeOf } from "../pipes/transport/identity.ts";

/** How long a leftover worker may take to end by itself, in ms. */
const GRACE_MS = 3000;

/**
 * Ends the workers that a daemon which crashed has left behind, so that no tool ever has two. Only processes that the
 * registry proves to be those workers: same boot, same pid, same start time. Resolves, when they are gone, to their pids.
 * To be called by the holder of the lock: the daemon that wrote the registry is no more.
 */
export async function endLeftovers(registry: Registry | null): Promise<number[]> {
  if (registry === null || registry.daemon.bootId !== bootId()) return [];
  const pids = Object.values(registry.tools).flatMap((entry) => (isLeftover(entry) ? [entry.pid] : []));
  await Promise.all(pids.map(end));
  return pids;
}

function isLeftover(entry: RegistryEntry): entry is RegistryEntry & { pid: number } {
  if (entry.pid === null || entry.startTime === null) return false;
  const startTime = startTimeOf(entry.pid);
  if (startTime !== null) return startTime === entry.startTime;
  // The worker itself has ended, and what it started may live on in its group.
  return process.platform === "linux" && liveMembers(entry.pid).some((pid) => isOf(entry.name, pid));
}

/** Whether a process has the environment of a tool's worker: its group's number alone could have been given away again. */
function isOf(tool: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`PIPE_TOOLS_TOOL=${tool}`);
  } catch {
    return false; // it has ended meanwhile
  }
}

async function end(pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  signalGroup(pid, "SIGCONT");
  const forced = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  await whenGroupEmpty(pid);
  clearTimeout(forced);
}
