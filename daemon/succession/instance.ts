import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { standbyOf } from "../../pipes/protocol/names.ts";
import type { DeathRecord } from "../../pipes/protocol/registry.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { LivingEntry } from "../inheritance/adoption.ts";
import { Connector } from "../pipe/connector.ts";
import type { Progress } from "../pipe/hearing.ts";
import type { Health } from "../health/health.ts";
import { watchHealth } from "../health/patient.ts";
import { asStandby } from "../worker/standby.ts";
import type { WorkerState } from "../worker/state.ts";
import { type Effects, Worker } from "../worker/worker.ts";

export interface InstanceOptions {
  readonly pipes: string;
  readonly ledgers: string;
  readonly log: Logger;
  readonly effects: Effects;
  /** It is to load beside the worker that serves, and serve when it is told to. */
  readonly standby: boolean;
  /** How often it was restarted under an earlier daemon. */
  readonly restarts: number;
  /** A process is about to be started by these settings. */
  readonly onSpawn: (spec: ToolSpec) => void;
  /** Why it must not be started now, as a sentence; null when it may. */
  readonly blocked: () => string | null;
  readonly onState: (state: WorkerState, before: WorkerState) => void;
  readonly onDeath: (record: DeathRecord) => void;
  readonly onProgress: () => void;
  /** Something that it says of itself is different. */
  readonly onLearnt: () => void;
}

/** A server that has not taken other settings after this long gets them by another process. */
const CONFIGURE_MS = 5000;

/** One worker with the daemon's end of its pipe, and what it has said of itself. */
export class Instance {
  readonly worker: Worker;
  readonly connector: Connector;
  readonly health: Health;
  interfaces: InterfaceShape[] = [];
  progress: Progress | null = null;
  description = "";
  readonly #options: InstanceOptions;
  #standby: boolean;

  constructor(spec: ToolSpec, options: InstanceOptions) {
    this.#options = options;
    this.#standby = options.standby;
    const { effects, pipes, log, blocked } = options;
    this.connector = new Connector(pipes, spec.name, options.standby, options.ledgers, log, {
      interfaces: (interfaces) => this.#learn(() => (this.interfaces = interfaces)),
      progress: (progress) => {
        this.#learn(() => (this.progress = progress));
        options.onProgress();
      },
      description: (description) => this.#learn(() => (this.description = description)),
      lost: () => this.worker.state.pid !== null && effects.look(this.worker.state.pid),
      standing: () => ({ state: this.worker.state.phase, reason: this.worker.state.reason }),
    });
    this.worker = new Worker(options.standby ? once(spec) : spec, {
      effects: {
        ...effects,
        spawn: (...args) => this.#spawn(...args),
        record: (line) => effects.record(this.#standby ? { ...line, tool: standbyOf(line.tool) } : line),
      },
      pipe: this.connector,
      blocked,
      restarts: options.restarts,
    });
    this.health = watchHealth(this.worker, this.connector, log);
    this.worker.on("died", options.onDeath);
    this.worker.on("changed", (state, before) => {
      if (state.state !== "loading") this.progress = null;
      options.onState(state, before);
    });
  }

  /** A standby has taken its place: from now on it is a worker like any other, by its own settings. */
  install(spec: ToolSpec): void {
    this.#standby = false;
    this.#options.effects.promoted(spec);
    this.worker.configure(spec);
  }

  /** Has its process take other settings while it runs. @throws ToolError when it refuses them, or does not answer in time */
  async configure({ name, settings, description }: ToolSpec): Promise<void> {
    if (!this.connector.answers("configure")) throw new ToolError("unsupported", { tool: name, what: "take settings while it runs", hint: "Restart it" });
    await this.connector.ask("configure", { settings, ...(description === "" ? {} : { description }) }, CONFIGURE_MS);
    const told = await this.connector.ask("get_description", {}, CONFIGURE_MS); // its own, where it has been given none
    this.#learn(() => (this.description = String(told["description"])));
  }

  /** Takes over the process of an earlier daemon. Nothing of its FIFO being in order, it still is watched and can be stopped. */
  adopt({ name, pid, startTime, started, run, interfaces, description }: LivingEntry, reason: string): void {
    try {
      this.connector.upstream.adopt();
    } catch (error) {
      this.#options.log.error({ tool: name, reason: ToolError.from(error).message }, "its pipe cannot be held");
    }
    this.interfaces = interfaces;
    this.description = description;
    this.worker.adopt({ pid, startTime, at: started ?? new Date().toISOString(), run: run ?? null }, this.worker.state.restarts, reason);
  }

  /** A process whose pipe we cannot hold would answer in the place of another, or nobody. @throws ToolError `already-running`, `not-a-fifo`, … */
  #spawn(...[spec, report, leaving]: Parameters<Effects["spawn"]>): void {
    this.connector.hold();
    this.connector.prepare();
    this.#options.onSpawn(spec);
    this.#options.effects.spawn(this.#standby ? asStandby(spec) : spec, report, leaving);
  }

  #learn(change: () => void): void {
    change();
    this.#options.onLearnt();
  }
}

/** A standby that dies is not started again: it has failed. */
function once(spec: ToolSpec): ToolSpec {
  return { ...spec, restart: { ...spec.restart, policy: "never" } };
}
