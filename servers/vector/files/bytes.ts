import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** What tells one state of a file from another. */
export interface Stat {
  /** Bytes. */
  readonly size: number;
  /** Fractions included, as far as a number holds them. */
  readonly mtimeMs: number;
}

export type Bytes =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly stat: Stat }
  /** It was written to meanwhile. */
  | { readonly kind: "unsteady" }
  | { readonly kind: "too-large"; readonly size: number }
  | { readonly kind: "not-a-file" };

/**
 * A regular file's bytes as they were at one moment, or nothing. Never waits on a FIFO and never follows a link, whatever
 * the name has come to lead to since it was looked at.
 * @throws what `open` and `read` throw
 */
export async function readBytes(path: string, most: number): Promise<Bytes> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const before = await file.stat();
    if (!before.isFile()) return { kind: "not-a-file" };
    if (before.size > most) return { kind: "too-large", size: before.size };
    const bytes = await readAll(file, before.size);
    const after = await file.stat();
    const isSteady = bytes.length === before.size && after.size === before.size && after.mtimeMs === before.mtimeMs && after.ctimeMs === before.ctimeMs;
    return isSteady ? { kind: "bytes", bytes, stat: { size: before.size, mtimeMs: before.mtimeMs } } : { kind: "unsteady" };
  } finally {
    await file.close();
  }
}

/** One byte more than the file should have is asked for, so that one that grows is noticed. */
async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
