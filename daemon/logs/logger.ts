import { join } from "node:path";
import { pino, stdTimeFunctions, type Logger } from "pino";
import { LogDestination } from "./destination.ts";

export interface DaemonLog {
  /** One JSON object a line: `level` (a word), `time` (ISO 8601), `msg`, and facts. About a tool: `log.child({ tool })`. */
  readonly log: Logger;
  readonly path: string;
  readonly destination: LogDestination;
  readonly close: () => void;
}

/** The daemon's own log, `daemon.log` in the folder of logs. `level` is pino's: trace, debug, info, warn, error, fatal, silent. */
export function openDaemonLog(folder: string, level = "info"): DaemonLog {
  const path = join(folder, "daemon.log");
  const destination = new LogDestination(path);
  const log = pino({ level, base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination);
  return { log, path, destination, close: () => destination.close() };
}

/** Where a tool's own output goes. */
export function logPath(folder: string, tool: string): string {
  return join(folder, `${tool}.log`);
}
