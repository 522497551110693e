import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";

/** Better said before an hour of downloading than after it. @throws ToolError `file-failed` */
export async function assertSpace(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (free < bytes) throw new ToolError("file-failed", { path, reason: `${bytes} more bytes are needed, the disk has ${free} left`, hint: KEPT });
}

/** What the disk has against it, as an error of ours; null for what is not about the disk. */
export function fileError(error: unknown, path: string): ToolError | null {
  if (error instanceof ToolError) return error.code === "file-failed" ? error : null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || !DISK.has(code)) return null;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const reason = full ? "the disk is full" : `${code} at ${syscall ?? "write"}`;
  return new ToolError("file-failed", { path, reason, ...(full ? { hint: KEPT } : {}) }, { cause: error });
}

const KEPT = "Make room; what was fetched is kept and will be continued";
const DISK = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EACCES", "EPERM", "EROFS", "EISDIR", "ENOTDIR", "EMFILE", "ENFILE"]);
