import { followLogs } from "../../logs/follow.ts";
import type { LogLine } from "../../logs/merge.ts";
import { logsIn, readLogs } from "../../logs/read.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import type { LogsTask } from "../logs/arguments.ts";
import { logFolder } from "../logs/folder.ts";
import { logLine } from "../logs/line.ts";
import { type Output, say } from "../output.ts";
import { localTime } from "../standing.ts";
import { type Style, styleFor } from "../style.ts";

const DAEMON = "daemon";
/** Unless the time or the number is given. */
const LINES = 50;
/** So many lines may wait for a reader that pauses. */
const AT_ONCE = 256;

/** `cpipe --logs [NAME …]`: from the files, whether or not the daemon runs. @throws ToolError `no-such-tool`, `file-failed` */
export async function logs(task: LogsTask, out: Output, signal: AbortSignal): Promise<void> {
  const registry = readRegistry();
  const folder = logFolder(registry);
  const there = logsIn(folder);
  const known = [...new Set([...there, ...Object.keys(registry?.tools ?? {}), DAEMON])];
  const names = task.names.map((name) => knownAs(name, known, folder));
  const wanted = (log: string): boolean => names.length === 0 || names.includes(log);
  const query = { lines: task.lines ?? (task.since === null ? LINES : Number.POSITIVE_INFINITY), ...(task.since === null ? {} : { since: task.since }), ...(task.level === null ? {} : { level: task.level }) };
  const print = task.json || !out.tty ? jsonOf : prettyWith(styleFor(out.tty), names.length === 1 ? null : Math.max(...known.map(({ length }) => length)));
  if (!task.follow) {
    if (!there.some(wanted)) say(names.length === 0 ? `there are no logs in ${folder}` : `${names.join(", ")}: nothing was logged yet in ${folder}`);
    return out.write((await readLogs(folder, there.filter(wanted), query)).map(print).join(""));
  }
  let waiting = 0;
  for await (const line of followLogs(folder, wanted, query, signal, { persistent: true })) {
    out.write(print(line));
    if (++waiting % AT_ONCE === 0) await Promise.race([out.drained(), aborted(signal)]);
  }
}

function knownAs(name: string, known: readonly string[], folder: string): string {
  if (known.includes(name)) return name;
  if (name === SUPERVISOR) return DAEMON;
  const near = suggest(name, known);
  throw new ToolError("no-such-tool", { tool: name, hint: near === null ? `There are logs of: ${known.join(", ")} (in ${folder})` : `Did you mean '${near}'?` });
}

type Print = (line: LogLine) => string;

/** `log` says whose it is; the rest is the line's own, with `time` as ISO 8601 and `level` as a word. */
const jsonOf: Print = ({ log, entry: { time, level, msg, ...facts } }) => `${JSON.stringify(Object.assign({ log, time, level, msg }, facts, { log }))}\n`;

/** `width` is the longest name's; null where they are all one tool's. A new day is said. */
function prettyWith(style: Style, width: number | null): Print {
  let day = localTime(new Date().toISOString()).slice(0, 10);
  return ({ log, entry }) => {
    const date = entry.time === null ? day : localTime(entry.time).slice(0, 10);
    const head = date === day ? "" : `${style.faint(`── ${date}`)}\n`;
    day = date;
    return `${head}${width === null ? "" : `${style.strong(log.padEnd(width))} `}${logLine(entry, style)}\n`;
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
}
