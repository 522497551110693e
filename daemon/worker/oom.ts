import { readFileSync } from "node:fs";

/** What programs say when there is no memory to be had. */
const SAID: ReadonlyArray<readonly [RegExp, string]> = [
  [/JavaScript heap out of memory|Reached heap limit|Array buffer allocation failed/, "its JavaScript heap was full"],
  [/std::bad_alloc/, "it got no more memory"],
  [/\bMemoryError\b/, "it got no more memory"],
  [/memory allocation of \d+ bytes failed/, "it got no more memory"],
];

/** How many processes the kernel has ended for want of memory. A number to be compared with a later one; null where it is not told. */
export function oomKills(): number | null {
  if (process.platform !== "linux") return null;
  return counterIn(ownEvents(), /^oom_kill (\d+)$/m) ?? counterIn("/proc/vmstat", /^oom_kill (\d+)$/m);
}

/** What speaks for a death for want of memory, as a clause; null when nothing does. */
export class MemoryWitness {
  readonly #kills: () => number | null;
  /** By pid: what `oomKills` said when the process was started, and whether we have killed it ourselves. */
  readonly #born = new Map<number, { readonly kills: number | null; killed: boolean }>();

  constructor(kills = oomKills) {
    this.#kills = kills;
  }

  begin(pid: number): void {
    this.#born.set(pid, { kills: this.#kills(), killed: false });
  }

  signalled(pid: number, signal: string): void {
    const life = this.#born.get(pid);
    if (life !== undefined && signal === "SIGKILL") life.killed = true;
  }

  /** To be asked once, at the end of the process. `words` are its last lines. */
  evidence({ pid, code, signal }: { readonly pid: number; readonly code: number | null; readonly signal: string | null }, words: readonly string[]): string | null {
    const life = this.#born.get(pid);
    this.#born.delete(pid);
    if (life === undefined || code === 0) return null; // whose words those are that it has not been seen to write, nobody knows
    const said = SAID.find(([pattern]) => words.some((line) => pattern.test(line)));
    if (said !== undefined) return said[1];
    if (signal !== "SIGKILL" || life.killed || life.kills === null) return null;
    return (this.#kills() ?? 0) > life.kills ? "the kernel has ended a process for want of memory since it was started" : null;
  }
}

let events: string | null | undefined;

/** Of the control group that we and our workers are in, where the system has the newer kind of them. */
function ownEvents(): string | null {
  if (events !== undefined) return events;
  const group = /^0::(\/.+)$/m.exec(textOf("/proc/self/cgroup") ?? "")?.[1];
  return (events = group === undefined ? null : `/sys/fs/cgroup${group}/memory.events`);
}

function counterIn(path: string | null, line: RegExp): number | null {
  const found = path === null ? null : line.exec(textOf(path) ?? "")?.[1];
  return found === undefined || found === null ? null : Number(found);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null; // this system does not tell
  }
}
