import koffi from "koffi";

/**
 * The system calls that Node has no API for. Each returns normally or throws an error with `code` and `syscall`
 * like Node's own. Import costs about 10 ms, so `cpipe` does not load this file (see `fifo.ts`).
 */
const lib = koffi.load(null);
const darwin = process.platform === "darwin";

const c = {
  mkfifo: lib.func("int mkfifo(const char *path, unsigned int mode)"),
  flock: lib.func("int flock(int fd, int operation)"),
  fcntl: lib.func("int fcntl(int fd, int cmd, ...)"),
};

const LOCK_EX = 2;
const LOCK_NB = 4;
/** Linux only: sets a pipe's capacity in the kernel, up to /proc/sys/fs/pipe-max-size (1 MiB by default). */
const F_SETPIPE_SZ = 1031;

/** Makes a FIFO with exactly `mode` (the umask is not applied twice: 0600 is below any sane umask). @throws EEXIST … */
export function mkfifo(path: string, mode: number): void {
  check(c.mkfifo(path, mode), "mkfifo", path);
}

/** Takes the exclusive lock of an open file without waiting; false when another process holds it. A crash frees it. */
export function tryLock(fd: number): boolean {
  if (c.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const code = errnoName();
  if (code === "EAGAIN" || code === "EWOULDBLOCK") return false;
  throw failure("flock", code);
}

/** Asks for a larger pipe; a refusal (quota, other system) is no error, the pipe works as it is. */
export function growPipe(fd: number, bytes: number): void {
  if (!darwin) c.fcntl(fd, F_SETPIPE_SZ, "int", bytes);
}

function check(result: number, syscall: string, path: string): void {
  if (result === 0) return;
  throw failure(syscall, errnoName(), path);
}

function errnoName(): string {
  const errno = koffi.errno();
  for (const [name, value] of Object.entries(koffi.os.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}

function failure(syscall: string, code: string, path?: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${code}: ${syscall}${path === undefined ? "" : ` '${path}'`}`);
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  return error;
}
