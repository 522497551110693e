import { spawn, type ChildProcess } from "node:child_process";
import { statSync } from "node:fs";
import { spawnSwiftly } from "./swift.ts";

/** What to run: program and arguments, the whole environment, and the folder (absolute). */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** How a process came about and ended; `reason` is a clause for people. */
export type ProcessEvent =
  | { readonly type: "spawned"; readonly pid: number; readonly run?: string }
  | { readonly type: "spawnFailed"; readonly reason: string }
  | { readonly type: "exited"; readonly pid: number; readonly code: number | null; readonly signal: string | null };

/** Open files that a worker inherits; the caller closes its own copies. */
export interface Inherited {
  /** Standard output and error. */
  readonly log: number;
  /** Descriptor 3: the lock that says that it lives. */
  readonly lifeline: number;
}

/**
 * Starts a worker as the leader of a process group (and session) of its own, reading from /dev/null and writing to its log by
 * itself: what it writes needs no living daemon. `spawned` is reported before this returns; a failure never throws.
 */
export function spawnWorker(launch: Launch, { log, lifeline }: Inherited, report: (event: ProcessEvent) => void): void {
  const swift = spawnSwiftly(launch, [log, log, lifeline], (ending) => report({ type: "exited", pid: swift as number, ...ending }));
  if (swift !== null) return report({ type: "spawned", pid: swift });
  const [program = "", ...args] = launch.argv;
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd: launch.cwd, env: launch.env, detached: true, stdio: ["ignore", log, log, lifeline] });
  } catch (error) {
    return report({ type: "spawnFailed", reason: whyNot(error as NodeJS.ErrnoException, program, launch.cwd) });
  }
  const { pid } = child;
  if (pid === undefined) {
    child.once("error", (error) => report({ type: "spawnFailed", reason: whyNot(error, program, launch.cwd) }));
    return;
  }
  child.once("exit", (code, signal) => report({ type: "exited", pid, code, signal }));
  report({ type: "spawned", pid });
}

function whyNot(error: NodeJS.ErrnoException, program: string, cwd: string): string {
  // The system says ENOENT for a missing folder, too.
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return `its working folder ${cwd} does not exist`;
  return sentences[error.code ?? ""]?.(program) ?? `the program ${program} cannot be started: ${error.message}`;
}

const noRoom = (): string => "the system has no room for another process";
const sentences: Readonly<Record<string, (program: string) => string>> = {
  ENOENT: (program) => (program.includes("/") ? `there is no program ${program}` : `there is no program '${program}' on the PATH`),
  EACCES: (program) => `the program ${program} may not be executed: permission denied`,
  EAGAIN: noRoom,
  ENOMEM: noRoom,
  EMFILE: noRoom,
  ENFILE: noRoom,
};
