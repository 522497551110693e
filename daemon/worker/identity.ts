import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { statFields } from "./group.ts";

/**
 * When a process was started, as the kernel says it (on Linux in clock ticks since boot, elsewhere as a date); null when there
 * is no such process. With the pid and the boot id it names a process for good: a pid alone is used again.
 */
export function startTimeOf(pid: number): string | null {
  if (process.platform === "linux") return statFields(pid)?.[19] ?? null;
  return ask("ps", ["-o", "lstart=", "-p", String(pid)]);
}

/** Names the time since the machine was started; null where the system has no name for it. */
export function bootId(): string | null {
  if (process.platform === "linux") return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return ask("sysctl", ["-n", "kern.bootsessionuuid"]);
}

function ask(program: string, args: string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() || null;
  } catch {
    return null; // both say by their exit code that they know of none
  }
}
