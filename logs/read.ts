import { constants, readdirSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import { identityOf } from "./bookmark.ts";
import { isAtLeast, parseEntry, type LogEntry } from "./entry.ts";
import { type LogLine, type LogPart, mergeByTime } from "./merge.ts";

export interface LogQuery {
  /** At most so many entries, the newest. */
  readonly lines?: number;
  /** Nothing older than this, in ms since 1970. A line without a time is as old as the one before it that has one. */
  readonly since?: number;
  /** Nothing less important; lines that are not JSON have no level and are kept. */
  readonly level?: string;
}

/** Of a log's file, behind the name of the log. */
export const ENDING = ".log";
const BLOCK = 64 * 1024;
/** How often a log is read again that was put aside meanwhile: a part of it would come twice. */
const ATTEMPTS = 5;
/** How many lines before the oldest entry are asked for the time that it has not. */
const LOOK_BACK = 1000;

/** The names of the logs in a folder; none where there is no such folder. */
export function logsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw ToolError.from(error, "file-failed", { path: folder });
  }
}

/** The newest entries of several logs of a folder, by time, oldest first. */
export async function readLogs(folder: string, logs: readonly string[], query: LogQuery = {}): Promise<LogLine[]> {
  const parts = await Promise.all(logs.map((log) => readPart(folder, log, query)));
  const { lines = 100 } = query;
  return lines === 0 ? [] : mergeByTime(parts).slice(-lines);
}

/** The same of one of them, to be merged with others. */
export async function readPart(folder: string, log: string, query: LogQuery, upTo = Infinity): Promise<LogPart> {
  const path = join(folder, log + ENDING);
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return { log, ...(await read(path, query, upTo)), touched };
}

/**
 * The newest entries of a log, oldest first, those put aside by rotation included. A log that does not exist yet is empty.
 * `upTo` leaves out what lies beyond that byte of the current file.
 */
export async function readLog(path: string, query: LogQuery = {}, upTo = Infinity): Promise<LogEntry[]> {
  return (await read(path, query, upTo)).entries;
}

async function read(path: string, query: LogQuery, upTo: number): Promise<Pick<LogPart, "entries" | "before">> {
  for (let attempt = 1; ; attempt++) {
    const before = identityOf(`${path}.1`);
    const part = await readOnce(path, query, upTo);
    if (identityOf(`${path}.1`) === before || attempt === ATTEMPTS) return part;
  }
}

async function readOnce(path: string, query: LogQuery, upTo: number): Promise<Pick<LogPart, "entries" | "before">> {
  const { lines = 100, since = -Infinity, level } = query;
  const kept: LogEntry[] = [];
  let undated: LogEntry[] = [];
  let beyond = 0;
  let before: number | null = null;
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
    if (kept.length < lines) continue;
    before = entry.time === null ? null : Date.parse(entry.time);
    if (before !== null || ++beyond > LOOK_BACK) break;
  }
  kept.push(...undated.filter((one) => isAtLeast(one, level)));
  return { entries: kept.slice(0, lines).reverse(), before };
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
async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw ToolError.from(error, "file-failed", { path });
  }
}
