import { readdirSync, readFileSync } from "node:fs";
import { isOutOfFiles } from "../../pipes/transport/failure.ts";
import { statFields } from "../../pipes/transport/identity.ts";
import { groupEmpty, sendSignal, signalGroup, whenEmpty, whenGroupEmpty } from "./group.ts";

/** A worker with all that it has started: its process group, and whatever left that but carries the run's name in its environment. */
export interface Tree {
  /** The worker's pid, which is the number of its group. */
  readonly pid: number;
  /** The value of PIPE_TOOLS_RUN; null where it has none. */
  readonly run: string | null;
}

/** Sends a signal to every process of a tree; false when there is none left. */
export function signalTree(tree: Tree, signal: NodeJS.Signals): boolean {
  const group = signalGroup(tree.pid, signal);
  try {
    const strays = straysOf(tree);
    for (const pid of strays) sendSignal(pid, signal);
    return group || strays.length > 0;
  } catch (error) {
    if (isOutOfFiles(error)) return true;
    throw error;
  }
}

/** Whether no live process is left of a tree. Where that cannot be seen for want of descriptors it is not so yet: whoever asks looks again. */
export function treeEmpty(tree: Tree): boolean {
  try {
    return groupEmpty(tree.pid) && straysOf(tree).length === 0;
  } catch (error) {
    if (isOutOfFiles(error)) return false;
    throw error;
  }
}

/** Resolves when a tree is empty. */
export async function whenTreeEmpty(tree: Tree): Promise<void> {
  await whenGroupEmpty(tree.pid);
  await whenEmpty(() => treeEmpty(tree));
}

/** Ends a tree: SIGTERM, then SIGKILL after `graceMs`. Resolves when nothing of it lives. */
export async function endTree(tree: Tree, graceMs: number): Promise<void> {
  signalTree(tree, "SIGTERM");
  signalTree(tree, "SIGCONT");
  const forced = setTimeout(() => signalTree(tree, "SIGKILL"), graceMs);
  await whenTreeEmpty(tree);
  clearTimeout(forced);
}

/**
 * Live processes of a run that have left its worker's group (a double fork with setsid), told by the environment that they were
 * started with. Only Linux shows that; elsewhere none is found. Expensive: not for the time between a death and the next start.
 */
export function straysOf({ pid: group, run }: Tree): number[] {
  if (run === null || process.platform !== "linux") return [];
  const cookie = Buffer.from(`PIPE_TOOLS_RUN=${run}\0`);
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || !(environOf(pid)?.includes(cookie) ?? false)) return [];
    const [state, , pgid] = statFields(pid) ?? [];
    return state === undefined || state === "Z" || state === "X" || Number(pgid) === group ? [] : [pid];
  });
}

/** A variable of the environment that a process was started with; null when it has none, has ended, or is not ours. */
export function variableOf(pid: number, name: string): string | null {
  const entry = environOf(pid)?.toString("utf8").split("\0").find((one) => one.startsWith(`${name}=`));
  return entry === undefined ? null : entry.slice(name.length + 1);
}

function environOf(pid: number): Buffer | null {
  try {
    return readFileSync(`/proc/${pid}/environ`);
  } catch (error) {
    if (isOutOfFiles(error)) throw error;
    return null; // it has ended, or belongs to another user
  }
}
