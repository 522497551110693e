import { ToolError } from "../pipes/protocol/errors.ts";

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Ending = keyof typeof CODES;

/** What can end a request from this side, and which of it did. */
export class Interruption {
  readonly #abort = new AbortController();
  #by: Ending | "output" | null = null;
  #lent = false;

  /** Aborted by the first signal, or when nobody reads the output any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit code of a program that a signal ended; null when none did. */
  get exitCode(): number | null {
    return this.#by === null || this.#by === "output" ? null : CODES[this.#by];
  }

  get by(): Ending | "output" | null {
    return this.#by;
  }

  /** The first signal ends the request in order, the second one the process. */
  listen(): void {
    for (const name of Object.keys(CODES) as Ending[]) {
      const take = (): void => {
        if (name === "SIGINT" && this.#lent) return;
        process.off(name, take);
        this.end(name);
      };
      process.on(name, take);
    }
  }

  /** While another program has the terminal, the keys that interrupt are for that: the terminal tells us as well. */
  async lend<T>(run: () => Promise<T>): Promise<T> {
    const notOurs = (): void => undefined;
    this.#lent = true;
    process.on("SIGQUIT", notOurs);
    try {
      return await run();
    } finally {
      process.off("SIGQUIT", notOurs);
      this.#lent = false;
    }
  }

  end(by: Ending | "output"): void {
    if (this.#by !== null) return;
    this.#by = by;
    this.#abort.abort(new ToolError("cancelled", { reason: by === "output" ? "nobody reads the output" : by }));
  }

  /** Dies of the signal, for a process that cannot end by itself because a write of its does not return. */
  die(): void {
    if (this.#by === null || this.#by === "output") return;
    process.removeAllListeners(this.#by);
    process.kill(process.pid, this.#by);
  }
}
