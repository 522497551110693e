import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { isAtLeast, parseEntry, type LogEntry } from "./entry.ts";

export interface LogQuery {
  /** At most so many entries, the newest. */
  readonly lines?: number;
  /** Nothing older than this, in ms since 1970. A line without a time is as old as the one before it that has one. */
  readonly since?: number;
  /** Nothing less important; lines that are not JSON have no level and are kept. */
  readonly level?: string;
}

const BLOCK = 64 * 1024;

/**
 * The newest entries of a log, oldest first, those put aside by rotation included. A log that does not exist yet is empty.
 * `upTo` leaves out what lies beyond that byte of the current file.
 */
export async function readLog(path: string, query: LogQuery = {}, upTo = Infinity): Promise<LogEntry[]> {
  const { lines = 100, since = -Infinity, level } = query;
  const kept: LogEntry[] = [];
  let undated: LogEntry[] = [];
  for await (const line of newestFirst(path, upTo)) {
    const entry = parseEntry(line);
    if (entry.time !== null && Date.parse(entry.time) < since) {
      undated = [];
      break;
    }
    undated.push(entry);
    if (entry.time !== null || since === -Infinity) {
      kept.push(...undated.filter((one) => isAtLeast(one, level)));
      undated = [];
    }
    if (kept.length >= lines) break;
  }
  kept.push(...undated.filter((one) => isAtLeast(one, level)));
  return kept.slice(0, lines).reverse();
}

async function* newestFirst(path: string, upTo: number): AsyncGenerator<string> {
  for (let n = 0; ; n++) {
    const file = await openToRead(n === 0 ? path : `${path}.${n}`);
    if (file === null && n > 0) return;
    if (file === null) continue;
    try {
      yield* linesBackwards(file, n === 0 ? Math.min(upTo, (await file.stat()).size) : (await file.stat()).size);
    } finally {
      await file.close();
    }
  }
}

/** Cuts at line ends before decoding, so that no character is torn by a block's edge. */
async function* linesBackwards(file: FileHandle, size: number): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK);
    const block = Buffer.alloc(end - start);
    await file.read(block, 0, block.length, start);
    rest = Buffer.concat([block, rest]);
    end = start;
    const first = start === 0 ? 0 : rest.indexOf(0x0a) + 1;
    if (start > 0 && first === 0) continue;
    const lines = rest.subarray(first).toString("utf8").split("\n").reverse();
    rest = rest.subarray(0, first);
    for (const line of lines) if (line !== "") yield line;
  }
}

/** @throws ToolError `file-failed` for anything but a file that is not there */
export async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw ToolError.from(error, "file-failed", { path });
  }
}
