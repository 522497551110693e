import { followLogs } from "../../logs/follow.ts";
import type { LogLine } from "../../logs/merge.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import { logFolder } from "../logs/folder.ts";

/** What there is already when a log is looked at. */
const LINES = 300;

/** Follows one log at a time, or all of them, from their files. */
export class Follower {
  readonly #tell: (lines: readonly LogLine[]) => void;
  #current = new AbortController();

  constructor(tell: (lines: readonly LogLine[]) => void) {
    this.#tell = tell;
  }

  /** Until the next one, or `stop`. Null: all logs. @throws ToolError `file-failed` */
  async follow(log: string | null, level: string): Promise<void> {
    this.stop();
    const { signal } = (this.#current = new AbortController());
    let lines: LogLine[] = [];
    for await (const line of followLogs(logFolder(readRegistry()), (name) => log === null || name === log, { lines: LINES, level }, signal)) {
      // What comes at once is told at once.
      if (lines.push(line) > 1) continue;
      setImmediate(() => {
        if (!signal.aborted) this.#tell(lines);
        lines = [];
      });
    }
  }

  stop(): void {
    this.#current.abort();
  }
}
