import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { statFields } from "../../pipes/transport/identity.ts";
import { liveMembers } from "./group.ts";
import { inWords } from "./restart.ts";

/** What the processes of a group have used since they were started, children that have ended included. */
export interface Usage {
  /** When this was so, in ms of any clock that never goes back. */
  readonly at: number;
  readonly cpuMs: number;
  /** Read by any means, caches and sockets included; 0 where the system does not say. */
  readonly readBytes: number;
  /** Pages that had to come from the disk; 0 where the system does not say. */
  readonly majorFaults: number;
}

/** Linux counts processor time in these, whatever the kernel's own tick. Source: USER_HZ, proc_pid_stat(5). */
export const MS_PER_TICK = 10;
/** To start a program costs so much; what loads needs more, or goes on. */
const START_UP = { cpuMs: 500, readBytes: 16 * 1024 * 1024, majorFaults: 300 };
const MEBIBYTE = 1024 * 1024;

export const noUsage = (at: number): Usage => ({ at, cpuMs: 0, readBytes: 0, majorFaults: 0 });

/** Looks at a process group; null when that cannot be done now, for want of descriptors, say. It costs a pass over /proc, or a `ps`, so it is done for those that are suspected, and never regularly. */
export function usageOf(pgid: number, at: number): Usage | null {
  try {
    return process.platform === "linux" ? fromProc(pgid, at) : { ...noUsage(at), cpuMs: fromPs(pgid) };
  } catch {
    return null; // to end a worker because we cannot look at it would be worse than to look again later
  }
}

/**
 * What a group was busy with between two looks, as a clause; null when it was not. `before.cpuMs` of 0 means since its start.
 * A fiftieth of a processor's time, a tenth of a MiB a second or a page from the disk each second are work: less is what an
 * event loop with a timer in it uses while it waits.
 */
export function workBetween(before: Usage, now: Usage): string | null {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const spared = before.cpuMs === 0 ? START_UP : { cpuMs: 0, readBytes: 0, majorFaults: 0 };
  const cpuMs = now.cpuMs - before.cpuMs;
  const readBytes = now.readBytes - before.readBytes;
  const majorFaults = now.majorFaults - before.majorFaults;
  if (cpuMs - spared.cpuMs >= seconds * 20) return `it used ${inWords(cpuMs)} of processor time`;
  if (readBytes - spared.readBytes >= (seconds * MEBIBYTE) / 10) return `it read ${Math.round(readBytes / MEBIBYTE)} MiB`;
  if (majorFaults - spared.majorFaults >= seconds) return `it took ${majorFaults} pages of memory from the disk`;
  return null;
}

/** Looks at workers that are silent before they have ever answered, each time at what they did since the look before. */
export class Inspector {
  readonly #clock: () => number;
  readonly #looks = new Map<number, Usage>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A process has been started. */
  begin(pid: number): void {
    this.#looks.set(pid, noUsage(this.#clock()));
  }

  end(pid: number): void {
    this.#looks.delete(pid);
  }

  /** What it was busy with, as a clause; null when it was not. One that another daemon has started is looked at from now on. */
  inspect(pid: number): string | null {
    const now = usageOf(pid, this.#clock());
    if (now === null) return "it cannot be looked at now";
    const before = this.#looks.get(pid);
    this.#looks.set(pid, now);
    return before === undefined ? "nobody has looked at it before" : workBetween(before, now);
  }
}

function fromProc(pgid: number, at: number): Usage {
  let [cpuMs, readBytes, majorFaults] = [0, 0, 0];
  for (const pid of liveMembers(pgid)) {
    const fields = statFields(pid);
    if (fields === null) continue;
    // Of the process (from the third field on) and of its children that it has waited for.
    cpuMs += (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
    majorFaults += Number(fields[9]) + Number(fields[10]);
    readBytes += readBy(pid);
  }
  return { at, cpuMs, readBytes, majorFaults };
}

function readBy(pid: number): number {
  try {
    return Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended, or is not ours to look into
  }
}

/** Its time is written `12:34.56`, or `1:02:03`, with `2-` for days before it. */
function fromPs(pgid: number): number {
  const rows = execFileSync("ps", ["-A", "-o", "pgid=,time="], { encoding: "utf8" }).trim().split("\n");
  const times = rows.map((row) => row.trim().split(/\s+/)).filter(([group]) => Number(group) === pgid);
  return times.reduce((sum, [, time = ""]) => sum + msOf(time), 0);
}

export function msOf(time: string): number {
  const [clock = "", days] = time.split("-").reverse();
  return (clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days ?? 0) * 86_400) * 1000;
}
