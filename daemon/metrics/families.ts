import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { hasCode, isOutOfFiles } from "../../pipes/transport/failure.ts";
import { statFields } from "../../pipes/transport/identity.ts";
import { MS_PER_TICK, msOf } from "../worker/inspect.ts";

/** What a process and all that descends from it have used, and use. */
export interface FamilyUse {
  /** Processor time so far, in ms, that of children that have ended included, as far as they were waited for. */
  readonly cpuMs: number;
  /** Resident, in bytes; a page that two of them map counts twice. */
  readonly resident: number;
  readonly processes: number;
}

/** Looks at families by their oldest: on Linux in /proc, a few small files a process, elsewhere by one `ps`. What has ended, or cannot be looked at now, is missing. */
export async function familiesOf(pids: readonly number[]): Promise<Map<number, FamilyUse>> {
  if (pids.length === 0) return new Map();
  const rows = process.platform === "linux" ? null : await psRows().catch(() => []);
  return new Map(pids.flatMap((pid) => {
    const use = rows === null ? fromProc(pid) : fromRows(pid, rows);
    return use.processes === 0 ? [] : [[pid, use] as const];
  }));
}

const NONE: FamilyUse = { cpuMs: 0, resident: 0, processes: 0 };

function fromProc(pid: number): FamilyUse {
  const fields = unlessGone(() => statFields(pid));
  if (fields === null || fields[0] === "Z") return NONE;
  // Its own, and that of its children that it has waited for. Source: proc_pid_stat(5), whose first two fields are not among these.
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(unlessGone(() => readFileSync(`/proc/${pid}/status`, "latin1")) ?? "")?.[1] ?? 0;
  const own = { cpuMs: ticks * MS_PER_TICK, resident: Number(kib) * 1024, processes: 1 };
  return childrenOf(pid).map(fromProc).reduce(plus, own);
}

const plus = (a: FamilyUse, b: FamilyUse): FamilyUse => ({ cpuMs: a.cpuMs + b.cpuMs, resident: a.resident + b.resident, processes: a.processes + b.processes });

/** Those of all its threads. */
function childrenOf(pid: number): number[] {
  const threads = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => (unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")) ?? "").split(" ").filter((word) => word !== "").map(Number));
}

function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM") || isOutOfFiles(error)) return null;
    throw error;
  }
}

export interface Row extends Omit<FamilyUse, "processes"> {
  readonly pid: number;
  readonly parent: number;
}

async function psRows(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,rss=,time="]);
  return stdout.trim().split("\n").map((line) => {
    const [pid, parent, kib, time = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), cpuMs: msOf(time), resident: Number(kib) * 1024 };
  });
}

export function fromRows(pid: number, rows: readonly Row[]): FamilyUse {
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid);
  }
  return rows.filter((row) => family.has(row.pid)).map(({ cpuMs, resident }) => ({ cpuMs, resident, processes: 1 })).reduce(plus, NONE);
}
