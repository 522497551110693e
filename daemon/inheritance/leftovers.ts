import { toolOf } from "../../pipes/protocol/names.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import { bootId, startTimeOf, statFields } from "../../pipes/transport/identity.ts";
import { liveMembers } from "../worker/group.ts";
import type { Lifelines } from "../worker/lifeline.ts";
import { endTree, straysOf, type Tree, variableOf } from "../worker/tree.ts";

/** How long a leftover worker may take to end by itself, in ms. */
const GRACE_MS = 3000;

/**
 * Ends the workers that a daemon which crashed has left behind: those that the registry proves to be workers (same boot, same pid,
 * same start time), and those that hold a tool's lifeline. Resolves, when they are gone, to their pids. To be called by the holder of
 * the lock: the daemon that started them is no more.
 */
export async function endLeftovers(registry: Registry | null, lifelines: Lifelines | null = null): Promise<number[]> {
  const entries = registry === null || registry.daemon.bootId !== bootId() ? [] : Object.values(registry.tools);
  const ended = await endWorkersOf(entries);
  return lifelines === null ? ended : [...ended, ...(await endHolders(lifelines, lifelines.names()))];
}

/** Ends what is left of the workers that these entries name: their groups, and what has left those. Resolves to the pids that were ended. */
export async function endWorkersOf(entries: readonly RegistryEntry[]): Promise<number[]> {
  const trees = entries.flatMap((entry) => (isLeftover(entry) ? [{ pid: entry.pid, run: entry.run ?? null }] : []));
  await Promise.all(trees.map((tree) => endTree(tree, GRACE_MS)));
  return trees.map(({ pid }) => pid);
}

/** Ends the workers of these tools that hold a lifeline, whoever has started them. Resolves to their pids. */
export async function endHolders(lifelines: Lifelines, names: readonly string[]): Promise<number[]> {
  const ended = await Promise.all(names.filter((name) => lifelines.held(name)).map((name) => endHoldersOf(lifelines, name)));
  return ended.flat();
}

/** Resolves to the pids of those ended: the processes that have the lifeline open and the environment of this tool's worker. */
export async function endHoldersOf(lifelines: Lifelines, name: string, graceMs = GRACE_MS): Promise<number[]> {
  const pids = lifelines.holders(name).filter((pid) => variableOf(pid, "PIPE_TOOLS_TOOL") === toolOf(name));
  const trees = new Map(pids.flatMap((pid) => treeOf(pid)).map((tree) => [tree.pid, tree]));
  await Promise.all([...trees.values()].map((tree) => endTree(tree, graceMs)));
  return pids;
}

/** A worker leads a group of its own, and what it has started is in that one, or has made another. */
function treeOf(pid: number): Tree[] {
  const group = Number(statFields(pid)?.[2]);
  return Number.isInteger(group) && group > 1 ? [{ pid: group, run: variableOf(pid, "PIPE_TOOLS_RUN") }] : [];
}

function isLeftover(entry: RegistryEntry): entry is RegistryEntry & { pid: number } {
  if (entry.pid === null || entry.startTime === null) return false;
  const startTime = startTimeOf(entry.pid);
  if (startTime !== null) return startTime === entry.startTime;
  // The worker itself has ended, and what it started may live on: in its group, whose number alone could have been given away again, or outside.
  const members = process.platform === "linux" ? liveMembers(entry.pid) : [];
  return members.some((pid) => variableOf(pid, "PIPE_TOOLS_TOOL") === entry.name) || straysOf({ pid: entry.pid, run: entry.run ?? null }).length > 0;
}
