import type { Logger } from "pino";
import { readRegistry } from "../pipes/client/registry.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { fifoOf } from "../pipes/protocol/names.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import type { Places } from "../pipes/protocol/places.ts";
import type { Registry } from "../pipes/protocol/registry.ts";
import { ToolServer } from "../pipes/rpc/server.ts";
import { controlServer } from "./control.ts";
import { type Applied, Fleet } from "./fleet.ts";
import { endLeftovers } from "./leftovers.ts";
import { rotateRegularly } from "./logs/rotate.ts";
import { RegistryFile } from "./registry.ts";
import { type ConfigSource, type Settled } from "./source.ts";
import { sweepOrphans } from "./sweep.ts";
import { signalGroup } from "./worker/group.ts";
import { bootId, startTimeOf } from "./worker/identity.ts";
import { launchOf } from "./worker/launch.ts";
import { workerProcesses } from "./worker/processes.ts";

export interface DaemonParts {
  readonly places: Places;
  readonly log: Logger;
  readonly source: ConfigSource;
  /** The config as it was first read; what it says of pipes and logs holds until the daemon ends. */
  readonly first: Settled;
}

/** The supervisor, put together: config → fleet → registry, with the control pipe beside them. */
export class Daemon {
  readonly fleet: Fleet;
  readonly #parts: DaemonParts;
  readonly #pipes: string;
  readonly #registry: RegistryFile;
  readonly #control: ToolServer;
  readonly #started = new Date().toISOString();
  readonly #stopRotation: () => void;
  #stopping: Promise<void> | null = null;
  #resolveStopped: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => (this.#resolveStopped = resolve));

  constructor(parts: DaemonParts) {
    const { places, log, first } = parts;
    this.#parts = parts;
    this.#pipes = first.pipes;
    const limits = { maxBytes: first.logs.maxSize, keep: first.logs.keep };
    const launch = { pipes: this.#pipes, logLevel: first.logs.level };
    const effects = workerProcesses({ logs: places.logs, limits, log, launch: (spec) => launchOf(spec, launch) });
    this.fleet = new Fleet({ pipes: this.#pipes, logs: places.logs, log, effects });
    this.#registry = new RegistryFile(places.registry, () => this.snapshot(), (error) => log.error({ reason: error.message }, "the registry could not be written"));
    this.fleet.on("changed", () => this.#registry.touch()).on("removed", () => this.#registry.touch());
    this.#control = controlServer(
      { fleet: this.fleet, logs: places.logs, snapshot: () => this.snapshot(), reload: () => this.reload("asked to"), sweep: () => this.sweep(), stop: (why) => void this.stop(why) },
      this.#pipes,
      log.child({ tool: "supervisor" }),
    );
    this.#stopRotation = rotateRegularly(places.logs, limits, (error) => log.error({ reason: error.message }, "a log was not rotated")).close;
  }

  /** Clears what an earlier daemon has left, opens the control pipe, and starts the tools. Resolves when the control pipe answers. */
  async start(): Promise<void> {
    const { log, first, places } = this.#parts;
    const ended = await endLeftovers(readRegistry(places.registry));
    if (ended.length > 0) log.warn({ pids: ended, reason: "an earlier daemon ended without stopping them" }, "ended leftover workers");
    this.sweep();
    await this.#control.serve();
    this.fleet.apply(first.tools, "the daemon started");
    this.#registry.write();
    log.info({ version: packageVersion(), config: first.path, pipes: this.#pipes, tools: [...first.tools.keys()], reason: "started" }, "running");
  }

  /** Reads the config again and applies what has changed. @throws ToolError `invalid-config`; then nothing has changed */
  async reload(why: string): Promise<Applied[]> {
    const { log, source } = this.#parts;
    const settled = await source.read();
    this.#registry.touch();
    if (settled === null) {
      const reason = source.problems.join("\n");
      log.error({ config: source.path, problems: source.problems, reason }, "the config was not applied");
      throw new ToolError("invalid-config", { path: source.path, reason, problems: source.problems });
    }
    const applied = this.fleet.apply(settled.tools, "tools.yaml changed");
    if (settled.pipes !== this.#pipes) log.warn({ pipes: settled.pipes, reason: "the pipes are in use" }, "`pipes:` takes effect at the next start of the daemon");
    log.info({ config: settled.path, changes: applied, reason: why }, "the config was applied");
    return applied;
  }

  /** Removes orphaned pipes, those of our own tools excepted. */
  sweep(): string[] {
    const ours = new Set([...this.fleet].map((tool) => tool.entry.path).concat(fifoOf.upstream(this.#pipes, "supervisor")));
    const removed = sweepOrphans(this.#pipes, ours);
    if (removed.length > 0) this.#parts.log.info({ removed, reason: "nobody has them open" }, "removed orphaned pipes");
    return removed;
  }

  snapshot(): Registry {
    const { source } = this.#parts;
    return {
      version: 1,
      daemon: { pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId(), version: packageVersion(), started: this.#started },
      pipes: this.#pipes,
      config: { path: source.path, problems: [...source.problems] },
      tools: Object.fromEntries(this.fleet.entries.map((entry) => [entry.name, entry])),
    };
  }

  /** Stops every tool, then the control pipe. Resolves when no process and no pipe of ours is left. */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  /** Resolves when the daemon has been told to stop and has done so. */
  get stopped(): Promise<void> {
    return this.#stopped;
  }

  /** Ends every worker's group at once; for somebody who will not wait. */
  kill(): void {
    for (const { worker } of this.fleet) if (worker.state.pid !== null) signalGroup(worker.state.pid, "SIGKILL");
  }

  async #stop(reason: string): Promise<void> {
    const { log } = this.#parts;
    log.info({ reason }, "stopping");
    this.#control.setState("stopping");
    this.#stopRotation();
    await this.fleet.stop(reason);
    await this.#control.close(reason);
    this.#registry.remove();
    log.info({ reason }, "stopped");
    this.#resolveStopped();
  }
}
