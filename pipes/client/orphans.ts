import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../protocol/errors.ts";
import { type FifoRole, roleOf } from "../protocol/names.ts";
import { hasReader, removeFifo } from "../transport/fifo.ts";
import { holdersOf } from "../transport/holders.ts";

/** A FIFO of ours in the pipes folder, whatever its part. */
export interface FoundPipe {
  readonly path: string;
  readonly role: FifoRole;
  /** Device, inode and time of making, to tell it from one made later at the same path. */
  readonly identity: string;
  /** Milliseconds since 1970. */
  readonly made: number;
}

/** The pipes of tools in `folder` that are FIFOs and belong to us, by path. No pipe is opened. @throws ToolError `file-failed` */
export function pipesIn(folder: string): FoundPipe[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch (error) {
    throw new ToolError("file-failed", { path: folder, reason: "is no folder that can be read", hint: "Give the folder of the pipes" }, { cause: error });
  }
  return files.sort().flatMap((file) => {
    const role = roleOf(file);
    const pipe = role === null ? null : inspect(join(folder, file), role);
    return pipe === null ? [] : [pipe];
  });
}

/** Pids of the processes that have each of these pipes open; a pipe nobody has open is absent. */
export function holdersOfPipes(pipes: readonly FoundPipe[]): Map<string, number[]> {
  return holdersOf(pipes.map((pipe) => pipe.path));
}

/** How long a pipe made this moment is given to be opened by whoever made it. */
const OPENING_MS = 250;

/**
 * Removes the pipes in `folder` that nobody has open, and tells which those were. A pipe is left alone when any process
 * has it open, when it is not a FIFO of ours, when it has become another one meanwhile, and, if it has just been made,
 * until its maker has had the time to open it.
 */
export async function removeOrphans(folder: string, now: () => number = Date.now): Promise<string[]> {
  const candidates = unheld(pipesIn(folder));
  if (candidates.some((pipe) => now() - pipe.made < OPENING_MS)) await new Promise((resolve) => setTimeout(resolve, OPENING_MS));
  return unheld(candidates).flatMap((pipe) => (stillOrphaned(pipe) && removeFifo(pipe.path) ? [pipe.path] : []));
}

function unheld(pipes: readonly FoundPipe[]): FoundPipe[] {
  const held = holdersOfPipes(pipes);
  return pipes.filter((pipe) => !held.has(pipe.path));
}

function stillOrphaned(pipe: FoundPipe): boolean {
  return inspect(pipe.path, pipe.role)?.identity === pipe.identity && !hasReader(pipe.path);
}

function inspect(path: string, role: FifoRole): FoundPipe | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFIFO() || stats.uid !== process.geteuid?.()) return null;
  return { path, role, identity: `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`, made: stats.birthtimeMs };
}
