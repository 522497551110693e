import { utimesSync } from "node:fs";
import { pipesIn } from "../pipes/client/orphans.ts";
import { ToolError } from "../pipes/protocol/errors.ts";

/** Below a day, the shortest age that anybody gives the files in /tmp. */
const EVERY_MS = 6 * 3600 * 1000;

/**
 * Keeps files that nobody touches for weeks from being cleared away for their age (systemd-tmpfiles does that in /tmp after ten
 * days): the pipes in `folder`, and `files`. Returns how to stop. The timer keeps no process alive.
 */
export function keepFresh(folder: string, files: readonly string[], report: (error: ToolError) => void, everyMs = EVERY_MS): () => void {
  const timer = setInterval(() => {
    try {
      touch([...pipesIn(folder).map(({ path }) => path), ...files]);
    } catch (error) {
      report(ToolError.from(error, "file-failed", { path: folder }));
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}

function touch(paths: readonly string[]): void {
  const now = new Date();
  for (const path of paths) {
    try {
      utimesSync(path, now, now);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // a client's pipe comes and goes
    }
  }
}
