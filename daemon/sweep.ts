import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { roleOf } from "../pipes/protocol/names.ts";
import { openFifo, removeFifo } from "../pipes/transport/fifo.ts";
import { closeSync } from "node:fs";
import { holdersOf } from "../pipes/transport/holders.ts";

/**
 * Removes pipes whose owners are proven dead, and returns their paths: FIFOs of ours with a tool's name, that no process
 * has open, and whose client, where the name tells one, is no more. Anything else in the folder is left alone.
 */
export function sweepOrphans(folder: string, keep: ReadonlySet<string> = new Set()): string[] {
  const candidates = readdirSync(folder).flatMap((file) => {
    const role = roleOf(file);
    const path = join(folder, file);
    if (role === null || keep.has(path) || !isOurFifo(path)) return [];
    // A client makes its pipes a moment before it opens them.
    return role.role !== "upstream" && role.pid !== null && isProcess(role.pid) ? [] : [path];
  });
  const held = holdersOf(candidates);
  return candidates.filter((path) => !held.has(path) && !hasReader(path) && removeFifo(path));
}

function isOurFifo(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFIFO() && stats.uid === process.geteuid?.();
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A reader that /proc does not show us (another user's process) still shows by the FIFO's opening for writing. */
function hasReader(path: string): boolean {
  const fd = openFifo(path, "write");
  if (fd !== null) closeSync(fd);
  return fd !== null;
}
