import { spawnSync } from "node:child_process";
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { createLines } from "../ways.ts";

/** A trivial child has run its first instruction: when (performance.now) and as which process. */
export interface Birth {
  readonly at: number;
  readonly pid: number;
}

/** The FIFO into which every trivial child of every keeper says that it lives, by a name of its own. */
export class Births {
  readonly path: string;
  readonly #latest = new Map<string, Birth>();
  readonly #waiting = new Map<string, (birth: Birth) => void>();
  readonly #socket: Socket;

  constructor(path: string) {
    spawnSync("mkfifo", [path]);
    this.path = path;
    this.#socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    createLines(this.#socket, (line) => this.#take(line));
  }

  latest(name: string): Birth | undefined {
    return this.#latest.get(name);
  }

  /** The next birth under that name; null when there is none within `ms`. */
  next(name: string, ms: number): Promise<Birth | null> {
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.#waiting.delete(name) && resolve(null), ms);
      this.#waiting.set(name, (birth) => {
        clearTimeout(patience);
        resolve(birth);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(line: string): void {
    const [name = "", pid] = line.split(" ");
    const birth = { at: performance.now(), pid: Number(pid) };
    this.#latest.set(name, birth);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    waiting?.(birth);
  }
}
