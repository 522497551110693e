import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readFileSync, type Stats, writeSync } from "node:fs";
import { checkOwner, hasCode, kindOf, TransportError } from "./failure.ts";
import { tryLock } from "./libc.ts";

/** Held until `release`, or until the process ends in whatever way. */
export interface Lock {
  readonly path: string;
  release(): void;
}

// O_NONBLOCK: something else in the lock's place (a FIFO, a device) must not make the open wait.
const GUARDED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Takes the lock file for this process, making it (0600) if it is missing; null when another process holds it.
 * The kernel frees it when its holder dies. The file itself is never removed: two processes could then each hold "the"
 * lock, one on the old file and one on the new.
 * @throws TransportError `unsafe-file`, `not-ours`; Node's own error (ENOENT, EACCES …) if it cannot be opened.
 */
export function acquireLock(path: string): Lock | null {
  for (;;) {
    const fd = openLock(path);
    let outcome: Claim = "taken";
    try {
      outcome = claim(path, fd);
    } finally {
      if (outcome !== "ours") closeSync(fd);
    }
    if (outcome === "ours") return heldLock(path, fd);
    if (outcome === "taken") return null;
  }
}

/**
 * The pid that the last holder wrote, for a message such as "already running (pid 12)"; null if there is none.
 * It proves nothing: after a crash the number stays in the file. Only `acquireLock` tells whether the lock is held.
 */
export function lockHolder(path: string): number | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | GUARDED);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ELOOP", "ENXIO")) return null;
    throw error;
  }
  try {
    const text = fstatSync(fd).isFile() ? readFileSync(fd, "utf8").trim() : "";
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  } finally {
    closeSync(fd);
  }
}

/** Close-on-exec is Node's default, so no child inherits the lock and outlives us with it. */
function openLock(path: string): number {
  try {
    return openSync(path, constants.O_CREAT | constants.O_RDWR | GUARDED, 0o600);
  } catch (error) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) checkLock(path, stats, error);
    throw error;
  }
}

type Claim = "ours" | "taken" | "removed";

function claim(path: string, fd: number): Claim {
  const stats = fstatSync(fd);
  checkLock(path, stats);
  if (!tryLock(fd)) return "taken";
  // Somebody cleaned it away between open and lock: what we hold has no name any more, so the new one is to be taken.
  if (!isStillAt(path, stats)) return "removed";
  writePid(fd);
  return "ours";
}

/** On a full disk the lock is as good without it. */
function writePid(fd: number): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

function checkLock(path: string, stats: Stats, cause?: unknown): void {
  if (!stats.isFile()) throw new TransportError("unsafe-file", { path, reason: `is ${kindOf(stats)}, expected a lock file` }, { cause });
  checkOwner(path, stats);
  // We are about to write into it: not into a file that has another name elsewhere.
  if (stats.nlink > 1) throw new TransportError("unsafe-file", { path, reason: "has a second name (hard link), expected a lock file" }, { cause });
}

function isStillAt(path: string, held: Stats): boolean {
  const now = lstatSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.ino === held.ino && now.dev === held.dev;
}

function heldLock(path: string, fd: number): Lock {
  let open = true;
  return {
    path,
    release() {
      if (!open) return;
      open = false;
      // Emptied while still ours: the pid of one who left would be taken for the next holder's.
      ftruncateSync(fd, 0);
      closeSync(fd);
    },
  };
}
