import { lstatSync, mkdirSync } from "node:fs";
import { checkOwner, kindOf, TransportError } from "./failure.ts";

const OTHERS_MAY_WRITE = 0o022;

/**
 * Makes the folder, and whatever of its path is missing, with mode 0700. One that exists is taken as it is if nobody
 * else could put files into it. Folders above it may be links (macOS: /tmp), the folder itself may not.
 * @throws TransportError `unsafe-file`, `not-ours`; Node's own error (EACCES, ENOTDIR, ENOSPC …) if it cannot be made.
 */
export function ensurePrivateFolder(path: string): void {
  // Not `mkdir` first: with `recursive` it is content with a link to somebody else's folder.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
  const stats = lstatSync(path);
  if (!stats.isDirectory()) {
    throw new TransportError("unsafe-file", { path, reason: `is ${kindOf(stats)}, expected a folder that only we can write to` });
  }
  checkOwner(path, stats);
  if ((stats.mode & OTHERS_MAY_WRITE) === 0) return;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  throw new TransportError("unsafe-file", {
    path,
    reason: `has mode ${mode}, expected a folder that only we can write to`,
    hint: `Run: chmod 700 ${path}`,
  });
}
