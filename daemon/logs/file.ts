import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Opens a log file for appending, made (0600, its folder 0700) when missing. Whatever is written through the descriptor,
 * or through a copy of it that a child inherits, goes to the end, also after the file was cut.
 * @throws ToolError `unsafe-file` for a link, another kind of file, or somebody else's; `file-failed` for the rest
 */
export function openLog(path: string): number {
  const fd = open(path);
  const found = fstatSync(fd);
  const uid = process.getuid?.() ?? found.uid;
  if (found.isFile() && found.uid === uid) {
    if ((found.mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    return fd;
  }
  closeSync(fd);
  throw new ToolError("unsafe-file", { path, reason: found.isFile() ? `belongs to uid ${found.uid}, not to us (uid ${uid})` : "is not a regular file" });
}

function open(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP") throw new ToolError("unsafe-file", { path, reason: "is a symbolic link; logs are written to plain files only" }, { cause: error });
    throw ToolError.from(error, "file-failed", { path });
  }
}
