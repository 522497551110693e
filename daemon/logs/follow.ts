import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { isAtLeast, parseEntry, type LogEntry } from "./entry.ts";
import { type LogQuery, readLog } from "./read.ts";
import { cutsOf } from "./rotate.ts";

const LINE_END = 0x0a;

/**
 * The entries of a log as they are written, after the newest `lines` (default none) of those there already; until
 * `signal` aborts. It is under way when the first `next()` returns its promise. Sleeps until the system says that the file has
 * changed. Rotation loses none and repeats none, and a log that does not exist yet may come into being.
 */
export async function* followLog(path: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogEntry> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const bell = changesOf(path, signal);
  const unread = unreadOf(path);
  yield* await readLog(path, { ...query, lines: query.lines ?? 0 }, unread.from);
  let partial = Buffer.alloc(0);
  do {
    const all = Buffer.concat([partial, ...unread.take()]);
    const end = all.lastIndexOf(LINE_END) + 1;
    partial = all.subarray(end);
    for (const line of all.subarray(0, end).toString("utf8").split("\n")) {
      if (line === "") continue;
      const entry = parseEntry(line);
      if (isAtLeast(entry, query.level)) yield entry;
    }
  } while (await bell.next());
}

/**
 * What a log has beyond what was read of it. `take` reads at one go, so that a rotation by this process comes before or after
 * it: after one, the file that was being read is found behind those that have been put aside since.
 */
function unreadOf(path: string): { readonly from: number; take(): Buffer[] } {
  let offset = sizeOf(path);
  const from = offset;
  let newestAside = identityOf(`${path}.1`);
  let known = cutsOf(path).length;
  return {
    from,
    take: () => {
      const aside: string[] = [];
      for (let n = 1; identityOf(`${path}.${n}`) !== null && identityOf(`${path}.${n}`) !== newestAside; n++) aside.unshift(`${path}.${n}`);
      // Cut without being put aside (`keep: 0`, or by hand).
      if (aside.length === 0 && sizeOf(path) < offset) offset = 0;
      newestAside = identityOf(`${path}.1`);
      const taken: Buffer[] = [];
      const cuts = cutsOf(path).slice(known);
      known += cuts.length;
      for (const [n, file] of aside.entries()) {
        taken.push(readFrom(file, offset));
        // What is left in front of the log may have been read: its beginning, or, when more was read already than was put aside, more of it.
        const gone = cuts.length === aside.length ? cuts[n] : undefined;
        offset = gone === undefined ? 0 : Math.max(offset, sizeOf(file)) - gone;
      }
      taken.push(readFrom(path, offset));
      offset += taken.at(-1)?.length ?? 0;
      return taken;
    },
  };
}

/** `next` resolves to true after a change since the call before, to false once `signal` has aborted. @throws ToolError `file-failed` */
function changesOf(path: string, signal: AbortSignal): { next(): Promise<boolean> } {
  let rung = false;
  let wake = (): void => undefined;
  let failure: ToolError | null = null;
  const ring = (): void => {
    rung = true;
    wake();
  };
  const watcher = watch(dirname(path), { persistent: false, signal }, (_, name) => {
    if (name === basename(path)) ring();
  });
  watcher.on("error", (error) => {
    failure = ToolError.from(error, "file-failed", { path });
    ring();
  });
  signal.addEventListener("abort", ring, { once: true });
  return {
    next: async () => {
      if (!rung && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      rung = false;
      if (failure !== null) throw failure;
      return !signal.aborted;
    },
  };
}

/** A file put aside is never written again, and renaming changes none of these. */
function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.ino}:${found.size}:${found.mtimeNs}`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readFrom(path: string, offset: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, offset));
  } finally {
    closeSync(fd);
  }
}
