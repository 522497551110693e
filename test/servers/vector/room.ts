import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { SmallDisk } from "../../storm/disk.ts";

/** A folder in which there is suddenly no room left, and then again some. */
export interface Room {
  /** How a request that needs room is refused. */
  readonly code: string;
  /** There is room in other folders. */
  readonly isAlone: boolean;
  fill(pid: number): void;
  empty(pid: number): void;
  close(): void;
}

/** For root a disk of its own that can be filled; for others a limit on how large a file the process may write, which is as sudden. */
export function roomAt(folder: string, size: string, isRoot = process.getuid?.() === 0): Room {
  if (isRoot) {
    const disk = new SmallDisk(folder, size);
    return { code: "disk-full", isAlone: true, fill: () => disk.fill(), empty: () => disk.empty(), close: () => disk.unmount() };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { code: "file-failed", isAlone: false, fill: (pid) => limit(pid, "8192"), empty: (pid) => limit(pid, "unlimited"), close: () => undefined };
}

/** The soft limit only: it can be raised again. */
function limit(pid: number, bytes: string): void {
  const done = spawnSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:`], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
}
