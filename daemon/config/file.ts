import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

export const MAX_CONFIG_BYTES = 1024 * 1024;

/** Whose a file is and who may write to it. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * The text of a config file; null when there is none. What it says is run, so it must belong to us or to root, and so must
 * its folder, and nobody else may write to either. `trusted` skips that: a file of our own package is as safe as our code.
 * @throws ToolError `unsafe-file`, or `file-failed` for what is no readable UTF-8 text file of at most 1 MiB
 */
export async function readConfigFile(path: string, trusted = false, uid: number = process.geteuid?.() ?? 0): Promise<string | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new ToolError("file-failed", { path, reason: `expected a file, this is ${found.isDirectory() ? "a folder" : found.isFIFO() ? "a FIFO" : "a device or socket"}` });
    if (!trusted) await checkSafety(path, found, uid);
    if (found.size > MAX_CONFIG_BYTES) throw new ToolError("file-failed", { path, reason: `it has ${found.size} bytes; a config may have at most ${MAX_CONFIG_BYTES}` });
    const bytes = Buffer.alloc(MAX_CONFIG_BYTES + 1);
    return decode(path, bytes.subarray(0, await readAll(file, bytes)));
  } finally {
    await file.close();
  }
}

/** Why others could change this, or null. A group of the user's own (gid equal to uid, as `useradd` makes them) is no other. */
export function unsafeBecause({ uid: owner, gid, mode }: Ownership, uid: number): { reason: string; hint: string } | null {
  if (owner !== uid && owner !== 0) return { reason: `belongs to uid ${owner}, who could have anything run as you`, hint: "make it yours: copy it, or chown it" };
  if ((mode & 0o002) !== 0) return { reason: "can be written by everybody, who could have anything run as you", hint: "chmod o-w" };
  if ((mode & 0o020) !== 0 && gid !== owner) return { reason: `can be written by the group ${gid}, who could have anything run as you`, hint: "chmod g-w" };
  return null;
}

async function checkSafety(path: string, found: Ownership, uid: number): Promise<void> {
  const unsafe = unsafeBecause(found, uid);
  if (unsafe !== null) throw new ToolError("unsafe-file", { path, reason: unsafe.reason, hint: `${unsafe.hint} ${path}` });
  const folder = dirname(await realpath(path));
  const around = await stat(folder);
  // In a sticky folder, such as /tmp, only the owner may replace a file.
  const sticky = (around.mode & 0o1000) !== 0;
  const unsafeFolder = unsafeBecause(sticky ? { uid: around.uid, gid: around.gid, mode: around.mode & ~0o022 } : around, uid);
  if (unsafeFolder !== null) throw new ToolError("unsafe-file", { path, reason: `is in ${folder}, which ${unsafeFolder.reason}`, hint: `${unsafeFolder.hint} ${folder}` });
}

/** Without waiting for a writer, should it be a FIFO. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "ENOENT") return null;
    throw ToolError.from(error, "file-failed", { path, reason: code === "ENXIO" ? "expected a file, this is a socket or device" : code === "ELOOP" ? "its symbolic links go in a circle" : (error as Error).message });
  }
}

async function readAll(file: FileHandle, bytes: Buffer): Promise<number> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) return length;
    length += bytesRead;
  }
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.length > MAX_CONFIG_BYTES) throw new ToolError("file-failed", { path, reason: `a config may have at most ${MAX_CONFIG_BYTES} bytes` });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ToolError("file-failed", { path, reason: "it is not UTF-8 text" }, { cause: error });
  }
}
