import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fifoOf } from "../../pipes/protocol/names.ts";
import { hasReader } from "../../pipes/transport/fifo.ts";
import { holdersOf } from "../../pipes/transport/holders.ts";

/**
 * The pid of a process that serves the tool without being a worker of ours: somebody's `cpipe --serve`, a Python server, a
 * worker of another daemon. It reads the tool's FIFO and, other than a client that has it open for both (upstream's do), has no
 * downstream FIFO of its own. Null when there is none.
 */
export function foreignServer(folder: string, name: string): number | null {
  const path = fifoOf.upstream(folder, name);
  if (!hasReader(path)) return null;
  const others = (holdersOf([path]).get(path) ?? []).filter((pid) => pid !== process.pid);
  const real = join(realpathSync(dirname(path)), basename(path));
  return others.find((pid) => !existsSync(fifoOf.downstream(folder, name, pid)) && reads(pid, real)) ?? null;
}

/** Whether a process that has a file open may read from it. Where the system does not tell (no /proc), it is taken to. */
function reads(pid: number, path: string): boolean {
  if (process.platform !== "linux") return true;
  return openFiles(pid).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === path && isReadable(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
    } catch {
      return false; // closed while we looked
    }
  });
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // it has ended
  }
}

/** `flags:` is octal; its last two bits are 1 for a file that is open for writing only. Source: proc_pid_fdinfo(5). */
function isReadable(fdinfo: string): boolean {
  return (Number.parseInt(/^flags:\s*(\d+)/m.exec(fdinfo)?.[1] ?? "0", 8) & 3) !== 1;
}
