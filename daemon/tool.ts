import type { Logger } from "pino";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import { type DeathRecord, DEATHS_KEPT, type RegistryEntry } from "../pipes/protocol/registry.ts";
import { specHash, type ToolSpec } from "../pipes/protocol/spec.ts";
import type { LivingEntry } from "./adoption.ts";
import { Connector, type Progress } from "./connector.ts";
import { logPath } from "./logs/logger.ts";
import { type Effects, Worker } from "./worker/worker.ts";

export interface ToolOptions {
  readonly pipes: string;
  readonly logs: string;
  readonly ledgers: string;
  readonly log: Logger;
  readonly effects: Effects;
  /** Why no process of it may be started now, as a sentence; null when one may. */
  readonly blocked: (name: string) => string | null;
  /** Something about the tool is different from what `entry` said before. */
  readonly onChanged: (tool: Tool) => void;
}

/** What goes on from an earlier daemon, the process aside. */
export type History = Pick<RegistryEntry, "deaths" | "restarts">;

/** One tool of the fleet: its worker, its pipe, and what it has said of itself. */
export class Tool {
  readonly worker: Worker;
  readonly #options: ToolOptions;
  readonly #connector: Connector;
  #interfaces: InterfaceShape[] = [];
  #progress: Progress | null = null;
  #said = "";
  #deaths: DeathRecord[];
  #hash: string;
  /** Of the spec that its process was started by. */
  #startedBy: string | null = null;

  constructor(spec: ToolSpec, options: ToolOptions, { deaths, restarts }: History = { deaths: [], restarts: 0 }) {
    this.#options = options;
    this.#connector = new Connector(options.pipes, spec.name, options.ledgers, options.log, {
      interfaces: (interfaces) => this.#learn(() => (this.#interfaces = interfaces)),
      progress: (progress) => this.#learn(() => (this.#progress = progress)),
      description: (description) => this.#learn(() => (this.#said = description)),
      standing: () => ({ state: this.worker.state.phase, reason: this.worker.state.reason }),
      lost: () => this.worker.state.pid !== null && options.effects.look(this.worker.state.pid),
    });
    this.#deaths = deaths.slice(-DEATHS_KEPT);
    this.#hash = specHash(spec);
    this.worker = new Worker(spec, { effects: { ...options.effects, spawn: (...args) => this.#spawn(...args) }, pipe: this.#connector, blocked: () => options.blocked(spec.name), restarts });
    this.worker.on("died", (record) => (this.#deaths = [...this.#deaths, record].slice(-DEATHS_KEPT)));
    this.worker.on("changed", (state) => {
      if (state.state !== "loading") this.#progress = null;
      options.onChanged(this);
    });
  }

  get name(): string {
    return this.worker.spec.name;
  }

  configure(spec: ToolSpec): void {
    this.#hash = specHash(spec);
    this.worker.configure(spec);
    this.#options.onChanged(this);
  }

  /** Takes over the process that an earlier daemon has started. Nothing of its FIFO being in order, it still is watched and can be stopped. */
  adopt({ pid, startTime, started, run, specHash: startedBy, interfaces, description }: LivingEntry, reason: string): void {
    try {
      this.#connector.adopt();
    } catch (error) {
      this.#options.log.error({ tool: this.name, reason: ToolError.from(error).message }, "its pipe cannot be held");
    }
    this.#startedBy = startedBy;
    this.#interfaces = interfaces;
    this.#said = description;
    this.worker.adopt({ pid, startTime, at: started ?? new Date().toISOString(), run: run ?? null }, this.worker.state.restarts, reason);
  }

  /** Whether its process was started by another spec than the one in force, in what needs a new process. */
  get outdated(): boolean {
    return this.#startedBy !== null && this.#startedBy !== this.#hash;
  }

  get entry(): RegistryEntry {
    const { spec, state, born } = this.worker;
    const { settings } = spec;
    return {
      name: spec.name,
      path: this.#connector.path,
      description: spec.description || this.#said,
      kind: spec.server ?? spec.kind,
      model: typeof settings["model"] === "string" ? settings["model"] : null,
      phase: state.phase,
      want: state.want,
      state: state.state,
      reason: state.reason,
      progress: this.#progress === null ? null : { ...this.#progress },
      pid: state.pid,
      started: born === null ? null : new Date(born.at).toISOString(),
      startTime: born?.startTime ?? null,
      run: born?.run ?? null,
      specHash: born === null ? this.#hash : (this.#startedBy ?? this.#hash),
      keep: spec.keep.mode,
      memory: null,
      deaths: [...this.#deaths],
      restarts: state.restarts,
      log: logPath(this.#options.logs, spec.name),
      interfaces: this.#interfaces,
    };
  }

  /** A process whose pipe we cannot hold would answer in the place of another, or nobody. @throws ToolError `already-running`, `not-a-fifo`, … */
  #spawn(...[spec, report, leaving]: Parameters<Effects["spawn"]>): void {
    this.#connector.hold();
    this.#connector.prepare();
    this.#startedBy = this.#hash;
    this.#options.effects.spawn(spec, report, leaving);
  }

  #learn(change: () => void): void {
    change();
    this.#options.onChanged(this);
  }
}
