import { ToolError } from "../pipes/protocol/errors.ts";

/** What the system has against reading a file, as an error of ours. */
export function readError(error: unknown, path: string): ToolError {
  if (error instanceof ToolError) return error;
  return new ToolError("file-failed", { path, reason: reasonOf(error) }, { cause: error });
}

/** What it has against writing one. */
export function writeError(error: unknown, path: string): ToolError {
  if (error instanceof ToolError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return new ToolError("disk-full", { path, hint: "Make room and try again" }, { cause: error });
  return new ToolError("file-failed", { path, reason: reasonOf(error) }, { cause: error });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && REASONS[code]) || message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EACCES: "it may not be opened by this user",
  EPERM: "it may not be opened by this user",
  EROFS: "it is on a disk that cannot be written",
  ELOOP: "its links lead in a circle",
  ENXIO: "nobody reads from it",
  EPIPE: "whoever read from it has stopped",
  ENAMETOOLONG: "the path is too long",
};
