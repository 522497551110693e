import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Logger } from "pino";
import { packageRoot } from "../../pipes/protocol/package.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";
import { bootId, startTimeOf } from "../../pipes/transport/identity.ts";
import { signalGroup, whenGroupEmpty } from "../worker/group.ts";
import { NOT_INHERITED } from "../worker/launch.ts";

/** Who is guarded, as `registry.json` names it, and the folder of its FIFOs. */
export type Guarded = Pick<Registry["daemon"], "pid" | "started"> & { readonly pipes: string };
type Named = NonNullable<Registry["daemon"]["guardian"]>;

/** A guardian that ends within this time is not started again. */
const SHORTEST_LIFE_MS = 1000;
/**
 * A word on its standard input sends it home; the end of the input without one is the end of the daemon. Then it waits, and runs
 * what ends the workers, unless there is another daemon by then.
 */
const SCRIPT = 'read -r word && exit 0; sleep "$1"; shift; exec "$@"';

/**
 * A small shell that outlives the daemon, should that be killed, and ends its workers when none comes back within `orphanAfter`. It
 * waits in a read, so it costs nothing but its memory.
 */
export class Guardian {
  readonly #guarded: Guarded;
  readonly #log: Logger;
  #child: ChildProcess | null = null;
  #named: Named | undefined;
  #orphanAfterMs: number | null = null;

  constructor(guarded: Guarded, log: Logger) {
    this.#guarded = guarded;
    this.#log = log;
  }

  /** By what the next daemon knows it. */
  get named(): Named | undefined {
    return this.#child === null ? undefined : this.#named;
  }

  /** From now on, workers are to live for so long without a daemon; null is for ever, and needs no guardian. */
  async keep(orphanAfterMs: number | null): Promise<void> {
    if (this.#child !== null && orphanAfterMs === this.#orphanAfterMs) return;
    await this.release();
    this.#orphanAfterMs = orphanAfterMs;
    if (orphanAfterMs !== null) this.#start(orphanAfterMs);
  }

  /** Sends it home; resolves when it has gone. */
  async release(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.stdin?.end("done\n");
    await gone;
  }

  /** After a release: as it was before. */
  resume(): Promise<void> {
    return this.keep(this.#orphanAfterMs);
  }

  #start(orphanAfterMs: number): void {
    const { pid, started, pipes } = this.#guarded;
    const program = [process.execPath, join(packageRoot(), "dist/daemon/guardian/main.js"), String(pid), started, pipes, String(orphanAfterMs)];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.includes(name)));
    const child = spawn("sh", ["-c", SCRIPT, "sh", String(orphanAfterMs / 1000), ...program], { cwd: "/", env, detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const began = performance.now();
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => this.#complain(child, error.message)).once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#complain(child, `it ended with ${signal ?? `code ${code}`}`);
      if (performance.now() - began > SHORTEST_LIFE_MS) this.#start(orphanAfterMs);
    });
    child.unref();
    this.#child = child;
    this.#named = child.pid === undefined ? undefined : { pid: child.pid, startTime: startTimeOf(child.pid) };
  }

  #complain(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#log.warn({ reason }, "nothing guards the workers against being left alone");
  }
}

/** Ends the guardian of a daemon that is no more, if it still waits. Resolves when it has gone. */
export async function dismiss({ guardian, bootId: boot }: Registry["daemon"]): Promise<void> {
  if (guardian === undefined || boot !== bootId() || guardian.startTime === null || startTimeOf(guardian.pid) !== guardian.startTime) return;
  signalGroup(guardian.pid, "SIGKILL");
  await whenGroupEmpty(guardian.pid);
}
