import { readSync } from "node:fs";
import koffi from "koffi";

/** Source: splice.h of Linux. */
const SPLICE_F_NONBLOCK = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** As much as a pipe holds unless somebody has enlarged it. */
export const PIPE_BYTES = 64 * 1024;

/**
 * The first bytes that wait in a pipe, up to 64 KiB, which stay in it; empty when none do. tee(2) copies the kernel's references, not
 * the bytes, so that nothing is out of the pipe for a moment in which we could die. Null where the system has no such call.
 */
export function peek(fd: number): Buffer | null {
  if (process.platform !== "linux") return null;
  calls ??= load();
  const { tee, reading, writing } = calls;
  const length = tee(fd, writing, PIPE_BYTES, SPLICE_F_NONBLOCK);
  if (length <= 0) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(reading, bytes));
}

interface Calls {
  readonly tee: (from: number, to: number, length: number, flags: number) => number;
  /** The ends of a pipe of our own, which is empty between two calls. */
  readonly reading: number;
  readonly writing: number;
}
let calls: Calls | undefined;

function load(): Calls {
  const lib = koffi.load(null);
  const pipe = lib.func("int pipe2(_Out_ int *ends, int flags)") as (ends: number[], flags: number) => number;
  const ends = [-1, -1];
  if (pipe(ends, O_NONBLOCK | O_CLOEXEC) !== 0) throw new Error(`pipe2 failed with errno ${koffi.errno()}`);
  return { tee: lib.func("long tee(int from, int to, size_t length, unsigned int flags)") as Calls["tee"], reading: ends[0] ?? -1, writing: ends[1] ?? -1 };
}
