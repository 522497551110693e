import type { Logger } from "pino";
import { fifoOf } from "../../pipes/protocol/names.ts";
import type { DeathRecord, Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import { removeFifo } from "../../pipes/transport/fifo.ts";
import { bootId, isRunning, startTimeOf } from "../../pipes/transport/identity.ts";
import { inheritance } from "./adoption.ts";
import type { Tools } from "../config/plan.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { endHolders, endWorkersOf } from "./leftovers.ts";
import type { Lifelines } from "../worker/lifeline.ts";

export interface BequestParts {
  /** What the daemon before has written last; null when there is nothing, or nothing that can be believed. */
  readonly registry: Registry | null;
  /** The folder of our FIFOs. */
  readonly pipes: string;
  readonly lifelines: Lifelines;
  readonly log: Logger;
}

/** What a daemon that is no more has left, until it is taken over. */
export class Bequest {
  readonly #parts: BequestParts;
  readonly #left: Map<string, RegistryEntry>;

  constructor(parts: BequestParts) {
    this.#parts = parts;
    this.#left = new Map(Object.entries(parts.registry?.tools ?? {}));
  }

  /** What has not been taken over yet: it stays in the registry, so that a daemon after us finds it there. */
  get entries(): readonly RegistryEntry[] {
    return [...this.#left.values()];
  }

  /**
   * Gives the workers that live to the fleet, which is to have these tools; ends those that cannot be taken over, and lets the
   * others' tools be started again. Resolves when nothing is left that could answer in the place of a new worker.
   */
  async handOver(fleet: Fleet, tools: Tools): Promise<void> {
    const { registry, pipes, log } = this.#parts;
    if (registry !== null) this.#removePipesOf(registry.daemon.pid);
    const { adopt, end, recall } = inheritance(registry === null ? null : { ...registry, tools: Object.fromEntries(this.#left) }, { bootId: bootId(), pipes, startTimeOf });
    for (const entry of adopt) {
      fleet.adopt(entry, tools.get(entry.name) ?? null, `taken over from the daemon before (pid ${registry?.daemon.pid})`);
      this.#left.delete(entry.name);
    }
    if (adopt.length > 0) log.info({ pids: adopt.map(({ pid }) => pid), before: registry?.daemon.pid, reason: "an earlier daemon ended without stopping them" }, "took over workers");
    await this.#end(end, new Set(adopt.map(({ name }) => name)));
    for (const { entry, died } of recall) {
      const spec = tools.get(entry.name);
      if (spec !== undefined) fleet.recall(entry, spec, died ? unseenDeath() : null);
    }
    this.#left.clear();
  }

  /** Ends all of it. */
  async end(): Promise<void> {
    await this.#end(this.entries, new Set());
    this.#left.clear();
  }

  /** The workers of these entries, and those that nobody has written down: all that hold a lifeline, but `adopted`. */
  async #end(entries: readonly RegistryEntry[], adopted: ReadonlySet<string>): Promise<void> {
    const { lifelines, log } = this.#parts;
    const known = await endWorkersOf(entries);
    const unknown = await endHolders(lifelines, lifelines.names().filter((name) => !adopted.has(name)));
    if (known.length > 0) log.warn({ pids: known, reason: "an earlier daemon ended without stopping them" }, "ended leftover workers");
    if (unknown.length > 0) log.warn({ pids: unknown, reason: "they hold a tool's lifeline, and no registry names them" }, "ended leftover workers");
  }

  /** What the daemon before had open to its workers; they have noticed its end. */
  #removePipesOf(pid: number): void {
    if (pid !== process.pid && isRunning(pid)) return; // a later process, which may be a client of its own
    for (const name of this.#left.keys()) for (const pipe of [fifoOf.downstream, fifoOf.lane]) removeFifo(pipe(this.#parts.pipes, name, pid));
  }
}

function unseenDeath(): DeathRecord {
  return { at: new Date().toISOString(), cause: "unknown", code: null, signal: null, what: "it ended while no daemon ran, nobody saw how", ran: null };
}
