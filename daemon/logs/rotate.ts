import { closeSync, constants, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { open, readdir, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { takeFront } from "./front.ts";

export interface RotationLimits {
  /** A log that has grown past this is put aside. */
  readonly maxBytes: number;
  /** How many of them are kept: NAME.log.1 is the newest. */
  readonly keep: number;
}
export const DEFAULT_LIMITS: RotationLimits = { maxBytes: 10 * 1024 * 1024, keep: 3 };
const CHUNK = 256 * 1024;
const LINE_END = 0x0a;
/** How long a cut may wait, with everything else, for the rest of a line that is being written. */
const LINE_PATIENCE_MS = 5;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_WRONLY } = constants;

/**
 * Puts a log aside as PATH.1 when it is larger than allowed; resolves to whether it did.
 *
 * Workers write through a descriptor of their own, so the file cannot be renamed away from them: it is copied, and then the copied
 * part taken away from its front, which loses nothing of what they write meanwhile. Where the file system cannot do that (front.ts),
 * it is cut to nothing: nothing else of this process runs between the last read and the cut, so the daemon's own log loses no line
 * even then; of a worker's, what it writes in those microseconds is lost.
 * @throws ToolError `file-failed`, with the log left as it was
 */
export async function rotate(path: string, limits: RotationLimits = DEFAULT_LIMITS): Promise<boolean> {
  const source = await openIfThere(path);
  if (source === null) return false;
  try {
    if ((await source.stat()).size <= limits.maxBytes) return false;
    if (limits.keep === 0) await source.truncate(0);
    else await putAside(source, path, limits.keep);
    return true;
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  } finally {
    await source.close();
  }
}

/**
 * Looks at every log in a folder again and again, without keeping the process alive. `report` gets what went wrong, once until it has
 * gone right again: on a full disk the same goes wrong each time. How often
 * decides how far a worker that prints without end gets past its limit.
 */
export function rotateRegularly(
  folder: string,
  limits: RotationLimits,
  report: (error: ToolError) => void,
  everyMs = 10_000,
): { readonly check: () => Promise<void>; readonly close: () => void } {
  let checking: Promise<void> | null = null;
  const failing = new Set<string>();
  const check = (): Promise<void> => {
    checking ??= rotateFolder(folder, limits, failing, report).finally(() => (checking = null));
    return checking;
  };
  const timer = setInterval(() => void check(), everyMs).unref();
  return { check, close: () => clearInterval(timer) };
}

async function rotateFolder(folder: string, limits: RotationLimits, failing: Set<string>, report: (error: ToolError) => void): Promise<void> {
  const attempt = async (path: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      await run();
      failing.delete(path);
    } catch (error) {
      if (!failing.has(path)) report(ToolError.from(error, "file-failed", { path }));
      failing.add(path);
    }
  };
  await attempt(folder, async () => {
    for (const name of await readdir(folder)) if (name.endsWith(".log")) await attempt(join(folder, name), () => rotate(join(folder, name), limits));
  });
}

async function putAside(source: FileHandle, path: string, keep: number): Promise<void> {
  const aside = `${path}.rotating`;
  // The oldest goes first: on a full disk its room is what the copy needs.
  rmSync(`${path}.${keep}`, { force: true });
  rmSync(aside, { force: true });
  const target = openSync(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    const copied = await copyMost(source, target);
    await source.datasync(); // taking the front away waits for the disk, and everything else would wait with it
    for (let n = keep - 1; n >= 1; n--) renameIfThere(`${path}.${n}`, `${path}.${n + 1}`);
    renameSync(aside, `${path}.1`);
    if (!takeFront(source.fd, target, copied)) cut(source.fd, target, copied);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  } finally {
    closeSync(target);
  }
}

/** The bulk, in steps that let others run; resolves to how many bytes that was. */
async function copyMost(source: FileHandle, target: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ; ) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK, position);
    writeFully(target, buffer, bytesRead);
    position += bytesRead;
    if (bytesRead < CHUNK) return position;
  }
}

/**
 * What was added meanwhile, then the cut, in one go. A line that crosses a page's edge grows in two steps: the file is cut after a
 * line's end, unless none comes.
 */
function cut(source: number, target: number, copied: number): void {
  const buffer = Buffer.allocUnsafe(CHUNK);
  const patience = performance.now() + LINE_PATIENCE_MS;
  let position = copied;
  let last = readSync(source, buffer, 0, 1, Math.max(0, position - 1)) === 1 ? buffer[0] : LINE_END;
  for (;;) {
    const read = readSync(source, buffer, 0, CHUNK, position);
    if (read === 0 && (last === LINE_END || performance.now() > patience)) break;
    if (read === 0) continue;
    writeFully(target, buffer, read);
    position += read;
    last = buffer[read - 1];
  }
  ftruncateSync(source, 0);
}

function writeFully(fd: number, buffer: Buffer, length: number): void {
  for (let from = 0; from < length; ) from += writeSync(fd, buffer, from, length - from);
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, O_RDWR | O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw ToolError.from(error, "file-failed", { path });
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
