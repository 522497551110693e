import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { hasCode, isOutOfFiles } from "../../pipes/transport/failure.ts";
import { statFields } from "../../pipes/transport/identity.ts";

/** The longest pause between two looks at what is being waited for, in ms. */
const SLOWEST_LOOK_MS = 100;

/**
 * Sends a signal to every process of a group; false when there is none left. A worker leads a group of its own, so its number
 * is the worker's pid, and the system gives that number to nobody else while a member exists.
 * @throws EPERM when none of them is ours to signal
 */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  // kill(-1) would go to every process of this user, kill(-0) to our own group.
  if (!Number.isInteger(pgid) || pgid <= 1) throw new RangeError(`${pgid} is not a worker's process group`);
  return sendSignal(-pgid, signal);
}

/** Sends a signal to a process, or, with its number negative, to a group; false when there is none. @throws EPERM */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false;
    throw error;
  }
}

/** Whether no live process is left in a group. Zombies count as gone: in a container nobody may ever reap them. */
export function groupEmpty(pgid: number): boolean {
  try {
    return !signalGroup(pgid, 0) || liveMembers(pgid).length === 0;
  } catch (error) {
    // Nobody can tell while no descriptor is left to look into /proc with: whoever asks looks again.
    if (isOutOfFiles(error)) return false;
    // macOS says EPERM for a group of zombies; for processes of another user it does so too.
    if (hasCode(error, "EPERM")) return liveMembers(pgid).length === 0;
    throw error;
  }
}

/** Resolves when a group is empty. */
export function whenGroupEmpty(pgid: number): Promise<void> {
  return whenEmpty(() => groupEmpty(pgid));
}

/** Resolves when `empty` says so. The system tells nobody of the end of processes that are not their children: so this looks, ever less often. */
export async function whenEmpty(empty: () => boolean): Promise<void> {
  for (let pause = 1; !empty(); pause = Math.min(pause * 2, SLOWEST_LOOK_MS)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The pids of a group's processes that are no zombies. */
export function liveMembers(pgid: number): number[] {
  return process.platform === "linux" ? fromProc(pgid) : fromPs(pgid);
}

function fromProc(pgid: number): number[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const [state, , group] = statFields(Number(name)) ?? [];
    return Number(group) === pgid && state !== "Z" && state !== "X";
  }).map(Number);
}

function fromPs(pgid: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return rows.map((row) => row.trim().split(/\s+/)).filter(([, group, stat]) => Number(group) === pgid && !stat?.startsWith("Z")).map(([pid]) => Number(pid));
}
