import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { type Assigned, reap, spawnProgram } from "../../pipes/transport/libc.ts";
import type { Launch } from "./process.ts";

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The longest timer that Node has. It only keeps the event loop alive while there are children, as Node's own do. */
const FOREVER_MS = 2 ** 31 - 1;
const children = new Map<number, (ending: Ending) => void>();
let alive: NodeJS.Timeout | null = null;

/**
 * Starts a program as Node's `spawn` does with `detached`, but without a copy of this process's page tables, for which Node's needs some
 * 30 µs a MB. It reads from /dev/null; `inherited` are its descriptors from 1 on. Null where that cannot be done, for whatever reason:
 * Node's own may do it, or say why not. `ended` is called in a later turn.
 */
export function spawnSwiftly({ argv, env, cwd }: Launch, inherited: readonly number[], ended: (ending: Ending) => void): number | null {
  const [program = ""] = argv;
  const words = [...argv, cwd, ...Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))];
  // What has no slash is looked for on the worker's PATH, which is not ours.
  if (!program.startsWith("/") || words.some((word) => word.includes("\0"))) return null;
  begin();
  const pid = start(program, argv, words.slice(argv.length + 1), cwd, inherited);
  if (pid !== null) children.set(pid, ended);
  else if (children.size === 0) letGo();
  return pid;
}

function start(path: string, argv: readonly string[], env: readonly string[], cwd: string, inherited: readonly number[]): number | null {
  let silence: number;
  try {
    silence = openSync("/dev/null", "r");
  } catch {
    return null; // no descriptor is left
  }
  try {
    return spawnProgram({ path, argv, env, cwd, descriptors: [silence, ...inherited].map((from, to): Assigned => ({ from, to })) });
  } finally {
    closeSync(silence);
  }
}

/** Signals of several ends may come as one. */
function reapAll(): void {
  for (const [pid, ended] of children) {
    const how = reap(pid);
    if (how === "running") continue;
    children.delete(pid);
    ended({ code: how?.code ?? null, signal: how === null || how.signal === null ? null : nameOf(how.signal) });
  }
  if (children.size === 0) letGo();
}

/** Before the child can end. One that is started while the last one's end is told finds it begun. */
function begin(): void {
  if (alive !== null) return;
  process.on("SIGCHLD", reapAll);
  alive = setInterval(() => undefined, FOREVER_MS);
}

function letGo(): void {
  process.off("SIGCHLD", reapAll);
  if (alive !== null) clearInterval(alive);
  alive = null;
}

/** `SIGTERM` for 15. */
export function nameOf(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}
