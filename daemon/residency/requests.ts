import { fstatSync, readSync, watch } from "node:fs";
import { peek, PIPE_BYTES } from "../../pipes/transport/peek.ts";

/** So much of one unfinished line, and its writer may be waiting for a reader. */
const FULL_BYTES = PIPE_BYTES - 4096;
/** How often to look where the system does not tell of writes into a pipe. */
const LOOK_MS = 250;

export interface WaitingOptions {
  readonly path: string;
  /** The descriptor by which it is held. */
  readonly fd: number;
  /** Whether a line, its end included, is nothing for the next process. */
  readonly isStale: (line: string) => boolean;
  /** Called once. The request is still in the pipe. */
  readonly requested: () => void;
  /** Whether the path still leads to what is held. */
  readonly isCurrent: () => boolean;
  readonly replaced: () => void;
}

/**
 * Tells when a request waits in a FIFO that nobody reads. The kernel reports each write (inotify), and the bytes are looked at without
 * being taken out. Stale lines at the front are: they would end an upstream server. Returns how to stop; `requested` is called before
 * this returns when something waits already.
 */
export function awaitRequest({ path, fd, isStale, requested, isCurrent, replaced }: WaitingOptions): () => void {
  let stop: (() => void) | null = null;
  let told = false;
  const look = (): void => {
    if (told) return;
    const current = isCurrent();
    if (current && !isRequested(fd, isStale)) return;
    told = true;
    stop?.();
    if (current) requested();
    else replaced();
  };
  stop = onChange(path, look);
  look(); // after the watch has begun: what comes between the two is seen by one of them
  if (told) stop();
  return () => {
    told = true;
    stop?.();
  };
}

/** Whether a whole line waits that is not stale, or so much that its writer waits, too. Stale lines before it are taken out. */
function isRequested(fd: number, isStale: (line: string) => boolean): boolean {
  for (;;) {
    const waiting = peek(fd);
    if (waiting === null) return fstatSync(fd).size > 0; // macOS says there how many bytes wait
    const lines = waiting.toString("latin1").split(/(?<=\n)/);
    const fresh = lines.findIndex((line) => !line.endsWith("\n") || !isStale(Buffer.from(line, "latin1").toString("utf8")));
    const stale = fresh === -1 ? waiting.length : lines.slice(0, fresh).join("").length;
    if (stale === 0) return lines.some((line) => line.endsWith("\n")) || waiting.length >= FULL_BYTES;
    readSync(fd, waiting, 0, stale, null); // we are the only reader, so these are the very bytes
  }
}

/** Its removal is reported like a write. */
function onChange(path: string, changed: () => void): () => void {
  if (process.platform === "linux") {
    try {
      const watcher = watch(path, changed);
      watcher.on("error", changed);
      return () => watcher.close();
    } catch {
      // the user has no watches left: the slow way
    }
  }
  const timer = setInterval(changed, LOOK_MS);
  return () => clearInterval(timer);
}
