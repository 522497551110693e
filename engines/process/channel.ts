import type { Command, Report, Work } from "./messages.ts";

export interface Channel<W extends Work> {
  readonly send: (report: Report<W>) => void;
  readonly onCommand: (take: (command: Command<W>) => void) => void;
}

/**
 * An engine's process: the native library lives here, so that an abort in it takes nobody else down and nothing it does
 * delays the pipe. When the server goes, by whatever way, so does this process, at once and whatever its native threads are
 * doing. Null, and an exit code, when no server has started it.
 */
export function openChannel<W extends Work>(): Channel<W> | null {
  if (process.send === undefined) {
    process.stderr.write("this program is started by its server, which talks to it over Node's IPC channel\n");
    process.exitCode = 2;
    return null;
  }
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  process.once("disconnect", end);
  // The server may have gone while our modules were read; the event has passed then.
  if (!process.connected) end();
  // A Ctrl-C in the terminal reaches the whole group; it is the server that decides when we end.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => undefined);
  return {
    send: (report) => process.send!(report),
    onCommand: (take) => process.on("message", take),
  };
}
