import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, readSync, type Stats, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
/** No link is followed, and what is no file (a FIFO, a device) does not make the open wait. */
const GUARDED = O_NOFOLLOW | O_NONBLOCK;

/** The text of a file of ours; null when there is none. @throws ToolError `unsafe-file`, `not-ours`, `file-failed` */
export function readOwn(path: string): string | null {
  return guarded(path, () => {
    const fd = open(path, O_RDONLY);
    if (fd === null) return null;
    try {
      check(path, fstatSync(fd));
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Adds lines to a file (0600, its folder 0700), making it if it is missing, with `head`, if any, as its first line. All of them go in one write
 * at the file's end, so that what two processes add does not mix; half a line that an earlier writer has left is ended first.
 * False when `fresh` was asked for and the file is there.
 * @throws ToolError `unsafe-file`, `not-ours`, `disk-full`, `file-failed`
 */
export function appendLines(path: string, head: string | null, lines: readonly string[], { fresh = false } = {}): boolean {
  return guarded(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fd = open(path, O_RDWR | O_APPEND | O_CREAT | (fresh ? O_EXCL : 0));
    if (fd === null) return false;
    try {
      const stats = fstatSync(fd);
      check(path, stats);
      const text = [...(stats.size === 0 && head !== null ? [head] : []), ...lines].map((line) => `${line}\n`).join("");
      const bytes = Buffer.from(stats.size > 0 && !endsALine(fd, stats.size) ? `\n${text}` : text);
      if (writeSync(fd, bytes) < bytes.length) throw new ToolError("disk-full", { path });
      return true;
    } finally {
      closeSync(fd);
    }
  });
}

function endsALine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 0x0a;
}

/** Null when it is missing, or there although it may not be. */
function open(path: string, flags: number): number | null {
  try {
    return openSync(path, flags | GUARDED, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && (flags & O_CREAT) === 0) return null;
    if (code === "EEXIST" && (flags & O_EXCL) !== 0) return null;
    if (code === "ELOOP") throw new ToolError("unsafe-file", { path, reason: "is a link; it was left alone", hint: "Remove it, or put the file itself in its place" }, { cause: error });
    throw error;
  }
}

function check(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new ToolError("unsafe-file", { path, reason: "is no file; it was left alone" });
  const uid = process.geteuid?.();
  if (uid !== undefined && stats.uid !== uid) throw new ToolError("not-ours", { path, owner: stats.uid, uid });
}

function guarded<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? new ToolError("disk-full", { path }, { cause: error }) : ToolError.from(error, "file-failed", { path });
  }
}
