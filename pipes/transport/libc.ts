import koffi from "koffi";
import { hasCode } from "./failure.ts";

/**
 * The system calls that Node has no API for. Each returns normally or throws an error with `code` and `syscall`
 * like Node's own. Import costs about 10 ms, so `cpipe` does not load this file (see `fifo.ts`).
 */
const lib = koffi.load(null);

const c = {
  mkfifo: lib.func("int mkfifo(const char *path, unsigned int mode)"),
  flock: lib.func("int flock(int fd, int operation)"),
  getrlimit: lib.func("int getrlimit(int resource, _Out_ uint64_t *limits)"),
  /** Linux only. */
  splice: process.platform === "linux" ? lib.func("int64_t splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)") : null,
  fallocate: process.platform === "linux" ? lib.func("int fallocate(int fd, int mode, int64_t offset, int64_t length)") : null,
  mmap: lib.func("void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)"),
  fcntl: lib.func("int fcntl(int fd, int command, ...)"),
  execv: lib.func("int execv(const char *path, const char **arguments)"),
  waitpid: lib.func("int waitpid(int pid, _Out_ int *status, int options)"),
};

/** Linux only; null where the C library is too old for one of them. On macOS Node does the same by itself. */
const spawning = process.platform === "linux" ? optional(() => ({
  spawn: lib.func("int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **env)"),
  actions: lib.func("int posix_spawn_file_actions_init(void *actions)"),
  dup: lib.func("int posix_spawn_file_actions_adddup2(void *actions, int from, int to)"),
  cwd: lib.func("int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)"),
  free: lib.func("int posix_spawn_file_actions_destroy(void *actions)"),
  attributes: lib.func("int posix_spawnattr_init(void *attributes)"),
  flags: lib.func("int posix_spawnattr_setflags(void *attributes, short flags)"),
  defaults: lib.func("int posix_spawnattr_setsigdefault(void *attributes, void *signals)"),
  mask: lib.func("int posix_spawnattr_setsigmask(void *attributes, void *signals)"),
})) : null;
/** POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID, as glibc and musl have them. */
const AS_A_LEADER = 0x04 | 0x08 | 0x80;
/** More than the C libraries' structures take (80 and 336 bytes, and 128 for a set of signals). */
const ROOM = 1024;

const LOCK_EX = 2;
const LOCK_NB = 4;
/** PROT_READ | PROT_WRITE, MAP_SHARED, MAP_FAILED: the same on Linux and macOS. */
const READ_WRITE = 3;
const SPLICE_NONBLOCK = 2;
const SHARED = 1;
const FAILED = 2n ** 64n - 1n;
const WNOHANG = 1;
/** The same on Linux and macOS, as is FD_CLOEXEC = 1. */
const F_SETFD = 2;

/** RLIMIT_NOFILE. */
const OPEN_FILES = process.platform === "darwin" ? 8 : 7;

/** F_SETPIPE_SZ, of Linux. */
const F_SET_PIPE_SIZE = 1031;

/** Gives a FIFO room for so many bytes, where the system lets us; else it keeps what it has. */
export function widenFifo(fd: number, bytes: number): void {
  if (process.platform === "linux") c.fcntl(fd, F_SET_PIPE_SIZE, "int", bytes);
}

/** How many descriptors this process may have open. Node has raised it to the most that it is allowed. */
export function descriptorLimit(): number {
  const limits: [bigint | number, bigint | number] = [0, 0];
  check(c.getrlimit(OPEN_FILES, limits), "getrlimit", "RLIMIT_NOFILE");
  return Number(limits[0]);
}

const COLLAPSE_RANGE = 8;

/**
 * Takes the first `bytes` of an open file away, which must be whole blocks and leave some; what follows moves to the front, at once for
 * everybody. False where the file system cannot (ext4 and XFS can), and then nothing has changed.
 */
export function collapseFront(fd: number, bytes: number): boolean {
  if (c.fallocate === null) return false;
  if (c.fallocate(fd, COLLAPSE_RANGE, 0, bytes) === 0) return true;
  const code = errnoName();
  if (["EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EINVAL", "EPERM", "ETXTBSY"].includes(code)) return false;
  throw failure("fallocate", code);
}

/** Makes a FIFO; the umask takes its bits from `mode`. @throws EEXIST … */
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

/** The same for a FIFO, which not every system can lock (macOS cannot): null there. */
export function tryLockFifo(fd: number): boolean | null {
  try {
    return tryLock(fd);
  } catch (error) {
    if (hasCode(error, "ENOTSUP", "EOPNOTSUPP", "EINVAL", "EBADF")) return null;
    throw error;
  }
}

/**
 * The first `bytes` of an open file as memory: what is written there is in the file at once, whatever becomes of this process.
 * It stays mapped until the process ends. Where a block of the file cannot be had when it is touched, the kernel ends the process
 * (SIGBUS): so the file has to have its blocks. @throws EACCES, ENODEV, ENOMEM …
 */
export function mapShared(fd: number, bytes: number): Buffer {
  const address = c.mmap(null, bytes, READ_WRITE, SHARED, fd, 0) as bigint;
  if (address === FAILED) throw failure("mmap", errnoName());
  return Buffer.from(koffi.view(address, bytes));
}

/**
 * How a child of this process ended, and lets go of it; `running` while some thread of it has not, null when it is no child of ours. For a child that another
 * program in this process has started (`replaceProgram`): Node waits for its own.
 */
export function reap(pid: number): { code: number | null; signal: number | null } | "running" | null {
  const status = [0];
  const ended = c.waitpid(pid, status, WNOHANG) as number;
  if (ended !== pid) return ended === 0 ? "running" : null;
  const [word = 0] = status;
  const signal = word & 0x7f;
  return signal === 0 ? { code: (word >> 8) & 0xff, signal: null } : { code: null, signal };
}

export interface Assigned {
  readonly from: number;
  readonly to: number;
}

/**
 * Starts a program as the leader of a session of its own, with no signal blocked or ignored, and with these descriptors alone; null where that
 * cannot be done. Whoever calls this has to `reap` it. No memory is copied: its time does not grow with this process.
 */
export function spawnProgram({ path, argv, env, cwd, descriptors }: { readonly path: string; readonly argv: readonly string[]; readonly env: readonly string[]; readonly cwd: string; readonly descriptors: readonly Assigned[] }): number | null {
  if (spawning === null) return null;
  const [actions, attributes, all, none] = [Buffer.alloc(ROOM), Buffer.alloc(ROOM), Buffer.alloc(ROOM, 0xff), Buffer.alloc(ROOM)];
  const pid = [0];
  if (spawning.actions(actions) !== 0) return null;
  try {
    const steps = [
      () => spawning.attributes(attributes) as number,
      () => spawning.flags(attributes, AS_A_LEADER) as number,
      () => spawning.defaults(attributes, all) as number,
      () => spawning.mask(attributes, none) as number,
      () => spawning.cwd(actions, cwd) as number,
      ...descriptors.map(({ from, to }) => () => spawning.dup(actions, from, to) as number),
      () => spawning.spawn(pid, path, actions, attributes, [...argv, null], [...env, null]) as number,
    ];
    return steps.every((step) => step() === 0) ? (pid[0] ?? null) : null;
  } finally {
    spawning.free(actions);
  }
}

/** Whether `splicePipe` can be used. */
export const CAN_SPLICE = c.splice !== null;

/**
 * Moves bytes from one pipe into another: what has left the one has arrived in the other, even when the process is killed in the middle.
 * Gives how many were moved. @throws EAGAIN, EPIPE …
 */
export function splicePipe(from: number, to: number, bytes: number): number {
  const moved = Number(c.splice?.(from, null, to, null, bytes, SPLICE_NONBLOCK) ?? -1);
  if (moved < 0) throw failure("splice", errnoName());
  return moved;
}

/** Whether the kernel is to close a descriptor when another program is run in this process. @throws EBADF */
export function closeOnExec(fd: number, closed: boolean): void {
  check(c.fcntl(fd, F_SETFD, "int", closed ? 1 : 0), "fcntl", `descriptor ${fd}`);
}

/**
 * Runs another program in the place of this one: same process, same children, same environment, and those descriptors that are not
 * to be closed. Nothing of this program goes on, not even its handlers of `exit`. @throws ENOENT, EACCES, E2BIG …
 */
export function replaceProgram(path: string, argv: readonly string[]): never {
  c.execv(path, [path, ...argv, null]);
  throw failure("execv", errnoName(), path);
}

function optional<T>(find: () => T): T | null {
  try {
    return find();
  } catch {
    return null;
  }
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
