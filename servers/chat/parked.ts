import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "../../pipes/client/registry.ts";
import { places } from "../../pipes/protocol/places.ts";

/** Where a tool's conversations are kept that have lost their context. Each process has its own: while a worker takes over from another there are two. */
export function parkedFolder(tool: string, pid: number = process.pid): string {
  return join(places().parked, `${tool}.${pid}`);
}

/** Removes what this process has kept; what was said does not lie about longer than there is a model to go on with it. */
export async function forgetParked(tool: string): Promise<void> {
  await rm(parkedFolder(tool), { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTDIR") throw error; // else there was no folder to keep anything in
  });
}

/** Removes what processes have left that could not do so themselves. */
export async function sweepParked(): Promise<void> {
  const left = await readdir(places().parked).catch((): string[] => []); // nothing was ever kept
  const dead = left.filter((name) => OURS.test(name) && !isAlive(Number(OURS.exec(name)?.[1]), null));
  await Promise.all(dead.map((name) => rm(join(places().parked, name), { recursive: true, force: true })));
}

/** Whatever else is there, it is somebody's. */
const OURS = /^[^.].*\.(\d+)$/;
