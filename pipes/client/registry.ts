import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { places } from "../protocol/places.ts";
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
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The kernel's start time of a process, in clock ticks since boot (field 22 of /proc/PID/stat); null when it has ended. */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses and may contain anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
