import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sendSignal } from "../worker/group.ts";

/** The control group that systemd has made for a service, which each process that the service has ever started stays in. */
export interface UnitGroup {
  /** `pipe-tools.service` */
  readonly unit: string;
  /** Pids of its live processes, this one left out. */
  others(): number[];
}

/** The group of the service that this process belongs to; null when it belongs to none, or systemd's hierarchy is not mounted. */
export function unitGroup(): UnitGroup | null {
  const path = pathOf(read("/proc/self/cgroup") ?? "");
  if (path === null) return null;
  for (const hierarchy of ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"]) {
    const file = join(hierarchy, path, "cgroup.procs");
    if (read(file)?.split("\n").includes(String(process.pid)) !== true) continue;
    return { unit: basename(path), others: () => (read(file) ?? "").split("\n").filter(Boolean).map(Number).filter((pid) => pid > 0 && pid !== process.pid) };
  }
  return null;
}

/** In /proc/PID/cgroup the service's group is in the line of version 2 (`0::`), or of the hierarchy named systemd. Source: cgroups(7). */
export function pathOf(cgroups: string): string | null {
  const lines = cgroups.split("\n").map((line) => /^(\d+):([^:]*):(.*)$/.exec(line));
  for (const systemds of [(id: string) => id === "0", (_: string, controllers: string) => controllers === "name=systemd"]) {
    const path = lines.find((line) => line !== null && systemds(line[1] ?? "", line[2] ?? ""))?.[3];
    if (path?.endsWith(".service") === true) return path;
  }
  return null;
}

/** Kills what is in the group beside this process, until nothing is. */
export async function killOthers(group: UnitGroup): Promise<number[]> {
  const killed = new Set<number>();
  for (let others = group.others(); others.length > 0; others = group.others()) {
    for (const pid of others) {
      killed.add(pid);
      sendSignal(pid, "SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 10)); // nobody is told of the end of processes that are not its children
  }
  return [...killed];
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // another layout of the hierarchies, or the group has gone
  }
}
