import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { places } from "../protocol/places.ts";
import { isRunning, startTimeOf } from "../transport/identity.ts";
import type { Registry } from "../protocol/registry.ts";

/** The registry as the daemon last wrote it, or null: no daemon has run, or the file is not ours to trust. */
export function readRegistry(path: string = places().registry): Registry | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null; // absent or a link: either way there is none to read
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.uid !== process.geteuid?.()) return null;
    const value = JSON.parse(readFileSync(fd, "utf8")) as Partial<Registry>;
    return value.version === 1 && typeof value.pipes === "string" && typeof value.tools === "object" ? (value as Registry) : null;
  } catch {
    return null; // not JSON: written by something else
  } finally {
    closeSync(fd);
  }
}

/** Whether the process runs that has this pid and, where it is known, this start time. */
export function isAlive(pid: number, startTime: string | null): boolean {
  if (startTime !== null && process.platform === "linux") return startTimeOf(pid) === startTime;
  return isRunning(pid);
}
