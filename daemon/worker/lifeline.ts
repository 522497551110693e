import { closeSync, readdirSync, readSync, renameSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { isToolName, toolOf } from "../../pipes/protocol/names.ts";
import { hasCode } from "../../pipes/transport/failure.ts";
import { ensureFifo, openFifo, openPresentFifo, removeFifo } from "../../pipes/transport/fifo.ts";
import { ensurePrivateFolder } from "../../pipes/transport/folder.ts";
import { holdersOf } from "../../pipes/transport/holders.ts";
import { mkfifo, tryLockFifo } from "../../pipes/transport/libc.ts";

/**
 * The lifelines of all workers: one FIFO a tool, whose locked end a worker inherits and never has to know of. The lock is held as
 * long as a process lives that has inherited it, whatever program that is, and needs no registry: that is how a second worker of a
 * tool is made impossible. Its last holder's end is an end of file, which a daemon learns that is not the process's parent.
 */
export class Lifelines {
  readonly #folder: string;
  #made = false;

  constructor(runtime: string) {
    this.#folder = join(runtime, "workers");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** The end that a new worker is to inherit, to be closed after that; null while a process holds it. @throws TransportError `not-a-fifo`, `not-ours`, `unsafe-file` */
  take(name: string): number | null {
    if (!this.#made) ensurePrivateFolder(this.#folder);
    this.#made = true;
    const path = this.path(name);
    const fd = openFifo(path, "both") ?? make(path);
    const locked = tryLockFifo(fd);
    if (locked === true) return fd;
    closeSync(fd);
    // Where a FIFO cannot be locked (macOS), somebody who could write to it holds it.
    return locked === null && !hasWriter(path) ? openPresentFifo(path, "both") : null;
  }

  /** One takes the name of another, which has none from then on; who holds them goes on holding them. */
  rename(from: string, to: string): void {
    if (openable(this.path(from))) renameSync(this.path(from), this.path(to));
  }

  /** Whether a process holds it. */
  held(name: string): boolean {
    const path = this.path(name);
    const fd = openFifo(path, "read");
    if (fd === null) return false;
    const locked = tryLockFifo(fd);
    closeSync(fd);
    return locked === null ? hasWriter(path) : !locked;
  }

  /** Pids of its holders; only processes that we may look into. Expensive. */
  holders(name: string): number[] {
    const path = this.path(name);
    return openable(path) ? (holdersOf([path]).get(path) ?? []).filter((pid) => pid !== process.pid) : [];
  }

  /** Tools that have one, held or not, and their standbys. */
  names(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => isToolName(toolOf(name))).sort();
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  }

  /** Calls `ended` once nobody holds it, in a later turn. Returns how to call it off. */
  watch(name: string, ended: () => void): () => void {
    const fd = openFifo(this.path(name), "read");
    // A FIFO that nobody can write to when it is opened never tells of an end.
    if (fd === null || isEnded(fd)) {
      if (fd !== null) closeSync(fd);
      const soon = setImmediate(ended);
      return () => clearImmediate(soon);
    }
    const socket = new Socket({ fd, readable: true, writable: false });
    const close = (): void => void socket.removeAllListeners("close").destroy();
    socket.on("error", () => undefined).once("close", ended).resume();
    return close;
  }

  /** Removes those that nobody holds. */
  clear(): void {
    for (const name of this.names()) if (!this.held(name)) removeFifo(this.path(name));
  }
}

function make(path: string): number {
  ensureFifo(path, mkfifo);
  return openPresentFifo(path, "both");
}

function hasWriter(path: string): boolean {
  const fd = openFifo(path, "read");
  if (fd === null) return false;
  const ended = isEnded(fd);
  closeSync(fd);
  return !ended;
}

/** Whether a FIFO opened for reading has no writer. Nothing that means anything is ever written to it. */
function isEnded(fd: number): boolean {
  const bytes = Buffer.alloc(1024);
  try {
    while (readSync(fd, bytes) > 0);
    return true;
  } catch (error) {
    if (hasCode(error, "EAGAIN")) return false;
    throw error;
  }
}

function openable(path: string): boolean {
  const fd = openFifo(path, "read");
  if (fd !== null) closeSync(fd);
  return fd !== null;
}
