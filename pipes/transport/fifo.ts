import { chmodSync, closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, unlinkSync } from "node:fs";
import { checkOwner, hasCode, isOutOfFiles, kindOf, TransportError } from "./failure.ts";

/** Makes one FIFO with mode 0600; `libc.ts` has a fast one for residents, `mkfifo.ts` one without native code. */
export type MakeFifo = (path: string, mode: number) => void;

const FIFO_MODE = 0o600;
/** How many descriptors this process may have. */
let limit = (): number => Infinity;
/** More than any pipe holds (1 MiB): beyond it somebody writes faster than is read. */
const MOST_BYTES = 2 * 1024 * 1024;
const READ_BYTES = 64 * 1024;
const access = { read: constants.O_RDONLY, write: constants.O_WRONLY, both: constants.O_RDWR } as const;

/**
 * From now on the last descriptors that this process may have are not given to FIFOs that stay open: a process that is out of them
 * can neither start a program, nor look into /proc, nor say so in a file. The system gives out the lowest free number, so the number
 * tells how many there are.
 */
export function keepDescriptors(limitOf: () => number): void {
  limit = limitOf;
}

/** For whom: a `client` leaves so many descriptors that this process can go on with its `own`, and these that it can do what is `brief`. */
type Use = "client" | "own" | "brief";
const LEFT: Readonly<Record<Use, number>> = { client: 1, own: 0.5, brief: 0 };

function isKept(fd: number, use: Use): boolean {
  const most = limit();
  return fd >= most - LEFT[use] * Math.min(64, Math.max(12, Math.floor(most / 4)));
}

/**
 * Sees to it that a FIFO of ours with mode 0600 is at `path`: makes it, or takes the one that is there.
 * @throws TransportError `not-a-fifo`, `not-ours`: what is there is something else, and is left alone
 */
export function ensureFifo(path: string, make: MakeFifo): void {
  try {
    make(path, FIFO_MODE);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const stats = checkFifo(path, lstatSync(path));
    if ((stats.mode & 0o777) !== FIFO_MODE) chmodSync(path, FIFO_MODE);
  }
}

/**
 * Opens a FIFO without blocking and without following a link, and checks it by `fstat` before a byte moves.
 * Returns null when it is opened for writing and nobody reads it (ENXIO), or when there is none (ENOENT).
 * `use` "brief": it is closed again at once. @throws TransportError `not-a-fifo`, `not-ours`, `too-many-files`
 */
export function openFifo(path: string, mode: keyof typeof access, use: Use = "own"): number | null {
  let fd: number;
  try {
    fd = openSync(path, access[mode] | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, "ENXIO", "ENOENT")) return refuseSocket(path);
    if (hasCode(error, "ELOOP")) throw new TransportError("not-a-fifo", { path, got: "a symbolic link" }, { cause: error });
    if (hasCode(error, "EISDIR")) throw new TransportError("not-a-fifo", { path, got: "a folder" }, { cause: error });
    if (isOutOfFiles(error)) throw new TransportError("too-many-files", { path, limit: limitOf(error) }, { cause: error });
    if (hasCode(error, "EACCES")) checkFifo(path, lstatSync(path));
    throw error;
  }
  try {
    checkFifo(path, fstatSync(fd));
    if (isKept(fd, use)) throw new TransportError("too-many-files", { path, limit: limit() });
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Whether any process has the FIFO at `path` open for reading; false when there is none. The kernel tells, also of processes that
 * we may not look into. A process that has no descriptor left to ask with takes it that somebody has.
 * @throws TransportError `not-a-fifo`, `not-ours`
 */
export function hasReader(path: string): boolean {
  try {
    const fd = openFifo(path, "write", "brief");
    if (fd !== null) closeSync(fd);
    return fd !== null;
  } catch (error) {
    if (hasCode(error, "too-many-files")) return true;
    throw error;
  }
}

/** Opens a FIFO that must be there and have its other end; only a race or a foreign hand makes it throw ENOENT. */
export function openPresentFifo(path: string, mode: keyof typeof access): number {
  const fd = openFifo(path, mode);
  if (fd !== null) return fd;
  throw Object.assign(new Error(`ENOENT: ${path} has gone, or nobody reads it`), { code: "ENOENT", path });
}

/** Takes what waits in a FIFO that is open for reading without blocking. */
export function readWaiting(fd: number): Buffer {
  const parts: Buffer[] = [];
  try {
    for (let length = 0; length < MOST_BYTES; ) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const read = readSync(fd, buffer);
      if (read === 0) break;
      parts.push(buffer.subarray(0, read));
      length += read;
    }
  } catch (error) {
    if (!hasCode(error, "EAGAIN")) throw error;
  }
  return Buffer.concat(parts);
}

/** Removes a FIFO of ours; anything else at that path, or nothing, is left as it is. */
export function removeFifo(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFIFO() || stats.uid !== process.geteuid?.()) return false;
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

function limitOf(error: NodeJS.ErrnoException): number | null {
  return error.code === "EMFILE" && Number.isFinite(limit()) ? limit() : null;
}

function checkFifo(path: string, stats: Stats): Stats {
  if (!stats.isFIFO()) throw new TransportError("not-a-fifo", { path, got: kindOf(stats) });
  checkOwner(path, stats);
  return stats;
}

/** Opening a socket for writing fails with ENXIO as a FIFO without a reader does; only the latter means "nobody is there". */
function refuseSocket(path: string): null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) checkFifo(path, stats);
  return null;
}
