import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Pids of the processes that have each path open; a path that nobody has open is absent. Only processes we may look into. */
export function holdersOf(paths: readonly string[]): Map<string, number[]> {
  if (paths.length === 0) return new Map();
  return process.platform === "linux" ? fromProc(paths) : fromLsof(paths);
}

function fromProc(paths: readonly string[]): Map<string, number[]> {
  const wanted = new Map(paths.map((path) => [real(path), path]));
  const found = new Map<string, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    for (const open of openFiles(pid)) {
      const path = wanted.get(open);
      if (path === undefined) continue;
      const pids = found.get(path) ?? [];
      if (pids.at(-1) !== pid) pids.push(pid);
      found.set(path, pids);
    }
  }
  return found;
}

/** The targets of a process's descriptors; none for a process that has ended or belongs to another user. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return []; // closed between the two calls
    }
  });
}

function fromLsof(paths: readonly string[]): Map<string, number[]> {
  const done = spawnSync("lsof", ["-F", "pn", "--", ...paths], { encoding: "utf8" });
  if (done.error) throw done.error;
  const byReal = new Map(paths.map((path) => [real(path), path]));
  return parseLsof(done.stdout, byReal);
}

/** `lsof -F pn` prints a line `pPID` for each process, followed by a line `nPATH` for each of its files. */
export function parseLsof(output: string, paths: ReadonlyMap<string, string>): Map<string, number[]> {
  const found = new Map<string, number[]>();
  let pid = 0;
  for (const line of output.split("\n")) {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    const path = line.startsWith("n") ? paths.get(line.slice(1)) : undefined;
    if (path !== undefined && !found.get(path)?.includes(pid)) found.set(path, [...(found.get(path) ?? []), pid]);
  }
  return found;
}

/** The folder with its links resolved, as the kernel names it; the FIFO itself must not be a link. */
function real(path: string): string {
  return join(realpathSync(dirname(path)), basename(path));
}

/** Device and inode, to tell a FIFO from one that was made later at the same path. */
export function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}
