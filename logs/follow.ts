import { mkdirSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import { Bookmark } from "./bookmark.ts";
import { isAtLeast, parseEntry, type LogEntry } from "./entry.ts";
import { type LogLine, type LogPart, mergeByTime } from "./merge.ts";
import { ENDING, type LogQuery, logsIn, readPart } from "./read.ts";

const LINE_END = 0x0a;
/** How often the beginning is read again because a log was put aside meanwhile. */
const ATTEMPTS = 5;

export interface FollowOptions {
  /** Whether the process stays for it; it does not unless told so. */
  readonly persistent?: boolean;
}

/**
 * The entries of a log as they are written, after the newest `lines` (default none) of those there already; until
 * `signal` aborts. It is under way when the first `next()` returns its promise. Sleeps until the system says that the file has
 * changed. Rotation loses none and repeats none, and a log that does not exist yet may come into being.
 */
export async function* followLog(path: string, query: LogQuery, signal: AbortSignal, options: FollowOptions = {}): AsyncGenerator<LogEntry> {
  const name = basename(path).slice(0, -ENDING.length);
  for await (const { entry } of followLogs(dirname(path), (log) => log === name, query, signal, options)) yield entry;
}

/** The same of every log of a folder that is wanted, those included that come later. */
export async function* followLogs(folder: string, wanted: (log: string) => boolean, query: LogQuery, signal: AbortSignal, options: FollowOptions = {}): AsyncGenerator<LogLine> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const bell = changesIn(folder, wanted, signal, options);
  const logs = new Map(logsIn(folder).filter(wanted).map((log) => [log, new Followed(folder, log)]));
  yield* await newest([...logs.values()], query);
  for (let changed: Iterable<string> | null = logs.keys(); changed !== null; changed = await bell.next()) {
    const parts = [...changed].map((log) => {
      const followed = logs.get(log) ?? new Followed(folder, log, 0);
      logs.set(log, followed);
      return { log, entries: followed.take().filter((entry) => isAtLeast(entry, query.level)), before: null, touched: Date.now() };
    });
    yield* mergeByTime(parts.filter(({ entries }) => entries.length > 0));
  }
}

class Followed {
  readonly #folder: string;
  readonly #log: string;
  readonly #path: string;
  #bookmark: Bookmark;
  #partial = Buffer.alloc(0);

  constructor(folder: string, log: string, offset?: number) {
    this.#folder = folder;
    this.#log = log;
    this.#path = join(folder, log + ENDING);
    this.#bookmark = new Bookmark(this.#path, offset);
  }

  /** What is there already. */
  async read(query: LogQuery): Promise<LogPart> {
    for (let attempt = 1; ; attempt++) {
      const part = await readPart(this.#folder, this.#log, query, this.#bookmark.offset);
      if (this.#bookmark.holds || attempt === ATTEMPTS) return part;
      this.#bookmark = new Bookmark(this.#path);
    }
  }

  /** The whole lines that have come since. */
  take(): LogEntry[] {
    const all = Buffer.concat([this.#partial, this.#bookmark.take()]);
    const end = all.lastIndexOf(LINE_END) + 1;
    this.#partial = all.subarray(end);
    return all.subarray(0, end).toString("utf8").split("\n").flatMap((line) => (line === "" ? [] : [parseEntry(line)]));
  }
}

async function newest(logs: readonly Followed[], query: LogQuery): Promise<LogLine[]> {
  const lines = query.lines ?? 0;
  if (lines === 0) return [];
  const parts = await Promise.all(logs.map((followed) => followed.read({ ...query, lines })));
  return mergeByTime(parts).slice(-lines);
}

/** `next` resolves to the logs that have changed since the call before, to null once `signal` has aborted. @throws ToolError `file-failed` */
function changesIn(folder: string, wanted: (log: string) => boolean, signal: AbortSignal, { persistent = false }: FollowOptions): { next(): Promise<Set<string> | null> } {
  let changed = new Set<string>();
  let wake = (): void => undefined;
  let failure: ToolError | null = null;
  const fail = (error: unknown): void => {
    failure = ToolError.from(error, "file-failed", { path: folder });
    wake();
  };
  const note = (_: string, file: string | null): void => {
    const log = file?.endsWith(ENDING) ? file.slice(0, -ENDING.length) : null;
    if (log === null || !wanted(log)) return;
    changed.add(log);
    wake();
  };
  try {
    watch(folder, { persistent, signal }, note).on("error", fail);
  } catch (error) {
    fail(error);
  }
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    next: async () => {
      if (changed.size === 0 && failure === null && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (failure !== null) throw failure;
      const since = changed;
      changed = new Set();
      return signal.aborted ? null : since;
    },
  };
}
