import { closeSync, constants, fstatSync, openSync, renameSync, rmSync, type Stats, writeSync } from "node:fs";
import { checkOwner, kindOf, TransportError } from "./failure.ts";
import { mapShared } from "./libc.ts";

/** O_NONBLOCK: a FIFO in the file's place must not make the open wait. */
const GUARDED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Maps a whole file of ours into memory, for as long as the process lives. It must have been written in full (`writeMappable`).
 * @throws TransportError `unsafe-file`, `not-ours`; Node's own error (ENOENT, EINVAL for an empty one …)
 */
export function mapFile(path: string): Buffer {
  const fd = openSync(path, constants.O_RDWR | GUARDED);
  try {
    const stats = checkFile(path, fstatSync(fd));
    return mapShared(fd, stats.size);
  } finally {
    closeSync(fd);
  }
}

/**
 * Puts a file (0600) in the place of the one that is there, whoever has that one mapped. Every byte is written, so that the disk or
 * the memory that it takes is there before anybody maps it. @throws ENOSPC, EDQUOT …: what was there is there still
 */
export function writeMappable(path: string, bytes: Buffer): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  const fd = openSync(fresh, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | GUARDED, 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, path);
}

function checkFile(path: string, stats: Stats): Stats {
  if (!stats.isFile()) throw new TransportError("unsafe-file", { path, reason: `is ${kindOf(stats)}, expected a file` });
  checkOwner(path, stats);
  return stats;
}
