import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { promisify } from "node:util";
import { hasCode } from "../../pipes/transport/failure.ts";

/**
 * The memory of a process and of all that descends from it, in bytes: on Linux each one's share (PSS, which counts a page that two of
 * them map once), elsewhere what is resident. Null when there is no such process. The kernel's answer takes a moment for a large process,
 * so it is awaited in a thread.
 */
export async function memoryOf(pid: number): Promise<number | null> {
  if (process.platform !== "linux") return fromPs(pid);
  const own = await shareOf(pid);
  if (own === null) return null;
  let sum = own;
  for (const child of await childrenOf(pid)) sum += (await memoryOf(child)) ?? 0;
  return sum;
}

/** How much memory the machine has for us: a container's limit, where there is one. In bytes. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

async function shareOf(pid: number): Promise<number | null> {
  const rollup = await textOf(`/proc/${pid}/smaps_rollup`);
  const share = /^Pss:\s+(\d+) kB$/m.exec(rollup ?? "")?.[1];
  if (share !== undefined) return Number(share) * 1024;
  // A process that may not be looked into, or a kernel without this file.
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec((await textOf(`/proc/${pid}/status`)) ?? "")?.[1];
  return resident === undefined ? null : Number(resident) * 1024;
}

/** Those of all its threads. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = (await unlessGone(readdir(`/proc/${pid}/task`))) ?? [];
  const children: number[] = [];
  for (const thread of threads) {
    const list = (await textOf(`/proc/${pid}/task/${thread}/children`)) ?? "";
    children.push(...list.split(" ").filter((word) => word !== "").map(Number));
  }
  return children;
}

const textOf = (path: string): Promise<string | null> => unlessGone(readFile(path, "utf8"));

/** Null of a process that has ended, or that we may not look into. */
async function unlessGone<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return null;
    throw error;
  }
}

async function fromPs(pid: number): Promise<number | null> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,rss="]);
  const rows = stdout.trim().split("\n").map((row) => row.trim().split(/\s+/).map(Number));
  if (!rows.some(([each]) => each === pid)) return null;
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const [each, parent] of rows) if (family.has(parent ?? 0)) family.add(each ?? 0);
  }
  return rows.reduce((sum, [each, , kib]) => sum + (family.has(each ?? 0) ? (kib ?? 0) * 1024 : 0), 0);
}
