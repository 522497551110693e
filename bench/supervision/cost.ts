import { readdirSync, readFileSync } from "node:fs";

/** What a supervisor itself costs, without what it keeps: `cpu` in ms since its start, `rss` in bytes. */
export interface Cost {
  readonly cpu: number;
  readonly rss: number;
}

/** Sums up a process and those it has started, but for those whose command line `isKept`, and what they have started. */
export function costOf(pid: number, isKept: (commandLine: string) => boolean): Cost {
  const children = childrenByParent();
  const sum = { cpu: 0, rss: 0 };
  const visit = (one: number): void => {
    try {
      if (isKept(readFileSync(`/proc/${one}/cmdline`, "latin1"))) return;
      for (const task of readdirSync(`/proc/${one}/task`)) sum.cpu += Number(readFileSync(`/proc/${one}/task/${task}/schedstat`, "latin1").split(" ")[0]) / 1e6;
      sum.rss += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, "latin1"))?.[1] ?? 0) * 1024;
    } catch {
      return; // it has ended
    }
    for (const child of children.get(one) ?? []) visit(child);
  };
  visit(pid);
  return sum;
}

/** Pids of the live processes whose command line, or environment, `holds`; each with a NUL after every part. */
export function processesWith(file: "cmdline" | "environ", holds: (text: string) => boolean): number[] {
  return pids().filter((pid) => {
    try {
      return holds(readFileSync(`/proc/${pid}/${file}`, "latin1")) && lives(pid);
    } catch {
      return false;
    }
  });
}

/** Whether there is such a process, and not only its zombie. */
export function lives(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of pids()) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // it has ended
    }
  }
  return children;
}

function pids(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}
