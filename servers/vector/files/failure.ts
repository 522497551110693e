import { ToolError } from "../../../pipes/protocol/errors.ts";
import { reasonOf } from "./skipped.ts";

/** A folder that cannot be watched, and what the system said. */
export interface Failure {
  readonly folder: string;
  readonly error: unknown;
}

/** Several of them as the one thing a person can do something about. */
export function failureOf(root: string, failures: readonly [Failure, ...Failure[]], retryMs: number): ToolError {
  const [{ error }] = failures;
  const { code } = error as NodeJS.ErrnoException;
  const folders = failures.length === 1 ? "a folder in it" : `${failures.length} folders in it`;
  const often = `Until then it is looked through every ${Math.ceil(retryMs / 1000)} s`;
  const reason = `${folders} cannot be watched: ${(code !== undefined && LIMITS[code]) || reasonOf(error)}`;
  const hint = code === "ENOSPC" ? `Raise fs.inotify.max_user_watches (sysctl). ${often}` : code === "EMFILE" ? `Raise fs.inotify.max_user_instances (sysctl), or the limit of open files (ulimit -n). ${often}` : undefined;
  return new ToolError("file-failed", { path: root, reason, ...(hint === undefined ? {} : { hint }) }, { cause: error });
}

const LIMITS: Readonly<Record<string, string>> = {
  ENOSPC: "the system's limit of watched folders is reached (ENOSPC)",
  EMFILE: "the system's limit of inotify instances or open files is reached (EMFILE)",
};

/** Whether an event tells when it is worth another try: rights that change are one in the folder above. */
export function hasEvent({ error }: Failure): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EACCES" || code === "EPERM";
}
