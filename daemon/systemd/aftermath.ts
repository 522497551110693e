import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What systemd tells the command that it runs after the end of a service. Source: systemd.exec(5), "Environment variables set by the manager". */
export type Aftermath = Readonly<Record<string, string | undefined>>;

/** Exit codes after which the unit is not started again; its `RestartPreventExitStatus` has the same. */
const FINAL_CODES = ["2", "125"];

/**
 * Whether systemd starts the daemon again after it has ended as `env` says, so that what it left is to be adopted. Outside
 * of systemd nobody does. `stopAsked` is asked only where the end of the daemon does not tell: one that crashes while it is being
 * stopped ends like any crashed one.
 */
export async function restartFollows(env: Aftermath, stopAsked: () => Promise<boolean>): Promise<boolean> {
  const { SERVICE_RESULT: result, EXIT_STATUS: status = "" } = env;
  if (result === undefined || ENDED_FOR_GOOD.has(result)) return false;
  if (result === "exit-code" && FINAL_CODES.includes(status)) return false;
  return !(await stopAsked());
}

/** `success` is an orderly end, and a refusal by a condition or the start limit starts nothing; all else is a failure. */
const ENDED_FOR_GOOD = new Set(["success", "exec-condition", "start-limit-hit"]);

/** Whether somebody (a person, a logout) has told the user's systemd to stop `unit`; false where it does not answer. */
export async function isStopAsked(unit: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)("systemctl", ["--user", "--plain", "--no-legend", "list-jobs"], { timeout: 5000 });
    return stopsUnit(stdout, unit);
  } catch {
    return false;
  }
}

/** Reads `systemctl list-jobs`: number, unit, kind of job, state. A restart is a stop first. */
export function stopsUnit(jobs: string, unit: string): boolean {
  return jobs.split("\n").some((line) => {
    const [, name, kind = ""] = line.trim().split(/\s+/);
    return name === unit && /^(stop|restart|try-restart)$/.test(kind);
  });
}
