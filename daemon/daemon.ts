import { EventEmitter } from "node:events";
import type { Logger } from "pino";
import { removeOrphans } from "../pipes/client/orphans.ts";
import { readRegistry } from "../pipes/client/registry.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { fifoOf, SUPERVISOR } from "../pipes/protocol/names.ts";
import type { ToolChange } from "../pipes/protocol/change.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import type { Places } from "../pipes/protocol/places.ts";
import type { Registry } from "../pipes/protocol/registry.ts";
import { ToolServer } from "../pipes/rpc/server.ts";
import { removeFifo } from "../pipes/transport/fifo.ts";
import { controlServer } from "./control.ts";
import { Bequest } from "./inheritance/bequest.ts";
import { dismiss, Guardian } from "./guardian/guardian.ts";
import type { Performed } from "./fleet/changing.ts";
import { Fleet } from "./fleet/fleet.ts";
import { makePipesFolder } from "./folder.ts";
import { keepFresh } from "./freshness.ts";
import { rotateRegularly } from "./logs/rotate.ts";
import { foreignServer } from "./pipe/owner.ts";
import { Residency } from "./residency/residency.ts";
import { Sizes } from "./residency/sizes.ts";
import { RegistryFile } from "./registry.ts";
import { type ConfigSource, type Settled } from "./source.ts";
import { signalGroup } from "./worker/group.ts";
import { replaceDaemon, takeKept, versionThere } from "./upgrade.ts";
import { bootId, startTimeOf } from "../pipes/transport/identity.ts";
import { launchOf } from "./worker/launch.ts";
import { Lifelines } from "./worker/lifeline.ts";
import { workerProcesses } from "./worker/processes.ts";

export interface DaemonParts {
  readonly places: Places;
  readonly log: Logger;
  readonly source: ConfigSource;
  /** The config as it was first read; what it says of pipes and logs holds until the daemon ends. */
  readonly first: Settled;
}

/** What the daemon as a whole does, for those who tell people or the service manager. */
interface DaemonEvents {
  reloading: [];
  /** `applied` is null when the config was refused; the source has the problems. */
  reloaded: [applied: readonly ToolChange[] | null, notes: readonly string[]];
  /** It is known what came of a change. */
  concluded: [told: ToolChange];
  stopping: [reason: string];
}

/** The supervisor, put together: config → fleet → registry, with the control pipe beside them. */
export class Daemon extends EventEmitter<DaemonEvents> {
  readonly fleet: Fleet;
  readonly residency: Residency;
  readonly #parts: DaemonParts;
  readonly #pipes: string;
  readonly #registry: RegistryFile;
  readonly #lifelines: Lifelines;
  /** What the daemon before has left written. */
  readonly #before: Registry | null;
  readonly #bequest: Bequest;
  readonly #guardian: Guardian;
  readonly #settle: () => void;
  readonly #control: ToolServer;
  readonly #self: Registry["daemon"];
  readonly #chores: ReadonlyArray<() => void>;
  #serving = false;
  /** Changes of which it is not known yet what comes, by tool. */
  readonly #underWay = new Map<string, Performed>();
  /** Starting, reloading and stopping take their turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping: { readonly fleet: Promise<void>; readonly all: Promise<void> } | null = null;
  #resolveStopped: () => void = () => undefined;
  /** Resolves when the daemon has been told to stop and has done so. */
  readonly stopped = new Promise<void>((resolve) => (this.#resolveStopped = resolve));

  constructor(parts: DaemonParts) {
    super();
    const { places, log, first } = parts;
    this.#parts = parts;
    this.#pipes = first.pipes;
    this.#self = { pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId(), version: packageVersion(), started: new Date().toISOString() };
    const limits = { maxBytes: first.logs.maxSize, keep: first.logs.keep };
    const launch = { pipes: this.#pipes, ledgers: places.ledgers, logLevel: first.logs.level };
    this.#lifelines = new Lifelines(places.runtime);
    this.#before = readRegistry(places.registry);
    this.#guardian = new Guardian({ ...this.#self, pipes: this.#pipes }, log);
    this.#bequest = new Bequest({ registry: this.#before, pipes: this.#pipes, lifelines: this.#lifelines, log });
    const effects = workerProcesses({ logs: places.logs, limits, log, lifelines: this.#lifelines, launch: (spec) => launchOf(spec, launch) });
    const sizes = new Sizes(places.sizes, (error) => log.warn({ reason: error.message }, "what tools need is not remembered"));
    this.residency = new Residency({ tools: () => this.fleet.all(), waitsForOthers: (name) => this.fleet.waitsForOthers(name) !== null, sizes, log }, first.memoryBudget);
    const gates = [(name: string): string | null => this.residency.blocked(this.fleet.get(name))];
    this.#settle = () => effects.settle();
    this.fleet = new Fleet({ pipes: this.#pipes, logs: places.logs, ledgers: places.ledgers, log, effects, gates, roomFor: (spec) => this.residency.roomFor(spec), onTool: (tool) => this.residency.changed(tool) });
    this.#registry = new RegistryFile(places.registry, () => this.snapshot(), (error) => log.error({ reason: error.message }, "the registry could not be written"));
    this.#keepRegistry();
    this.#control = controlServer(
      { fleet: this.fleet, residency: this.residency, logs: places.logs, snapshot: () => this.snapshot(), reload: () => this.reload("asked to"), plan: (file) => this.plan(file), upgrade: () => this.upgrade(), sweep: () => this.sweep(), stop: (why) => this.stop(why).fleet },
      this.#pipes,
      log.child({ tool: "supervisor" }),
    );
    this.#chores = [
      rotateRegularly(places.logs, limits, (error) => log.error({ reason: error.message }, "a log was not rotated")).close,
      keepFresh(this.#pipes, [places.registry, places.lock], (error) => log.warn({ reason: error.message }, "the pipes may be cleared away for their age")),
    ];
  }

  /** Opens the control pipe, takes over what an earlier daemon has left, and starts the other tools. Resolves when the control pipe answers. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  /** Reads the config again and applies what has changed. @throws ToolError `invalid-config`: nothing has changed; `stopping` */
  reload(why: string): Promise<Performed[]> {
    return this.#inTurn(() => this.#reload(why));
  }

  /** What a reload would do, or one with another file in the place of ours. @throws ToolError `invalid-config` */
  plan(file?: string): Promise<ToolChange[]> {
    return this.#inTurn(async () => this.fleet.plan((file === undefined ? await this.#read() : await this.#parts.source.preview(file)).tools));
  }

  /** Looks whether the program that is there now can take our place, and how to let it: the workers go on meanwhile. @throws ToolError `handler-failed`, `stopping` */
  async upgrade(): Promise<{ readonly version: string; readonly proceed: () => void }> {
    const version = await versionThere();
    if (this.#stopping !== null) throw new ToolError("stopping", { tool: "the daemon" });
    return { version, proceed: () => void this.#inTurn(() => this.#replace(version)) };
  }

  /** Removes orphaned pipes; resolves to their paths. */
  async sweep(): Promise<string[]> {
    const removed = await removeOrphans(this.#pipes);
    if (removed.length > 0) this.#parts.log.info({ removed, reason: "nobody has them open" }, "removed orphaned pipes");
    return removed;
  }

  snapshot(): Registry {
    const { source } = this.#parts;
    return {
      version: 1,
      daemon: { ...this.#self, ...(this.#guardian.named === undefined ? {} : { guardian: this.#guardian.named }) },
      pipes: this.#pipes,
      config: { path: source.path, problems: [...source.problems] },
      tools: Object.fromEntries([...this.#bequest.entries, ...this.fleet.entries].map((entry) => [entry.name, entry])),
    };
  }

  /** Stops every tool (`fleet` resolves), then the control pipe (`all`): no process and no pipe of ours is left. */
  stop(reason: string): { readonly fleet: Promise<void>; readonly all: Promise<void> } {
    if (this.#stopping !== null) return this.#stopping;
    this.fleet.close();
    const fleet = this.#inTurn(() => this.#stopFleet(reason));
    const all = fleet.then(() => this.#close(reason));
    all.catch((error: unknown) => this.#parts.log.error({ reason: ToolError.from(error).message }, "not everything could be cleared away")).finally(this.#resolveStopped);
    this.#stopping = { fleet, all };
    this.emit("stopping", reason);
    return this.#stopping;
  }

  /** Ends every worker's group at once; for somebody who will not wait. */
  kill(): void {
    for (const pid of this.fleet.pids) signalGroup(pid, "SIGKILL");
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.then(() => undefined, () => undefined); // whoever asked gets the error
    return turn;
  }

  /** A process must be in the file before anything can happen to us: the next daemon finds it there. The rest can wait a little. */
  #keepRegistry(): void {
    const known = new Map<string, string>();
    this.fleet.on("changed", ({ name, pid, beside = [] }) => {
      const pids = [pid, ...beside.map((process) => process.pid)].join();
      if ((known.get(name) ?? "") === pids) return this.#registry.touch();
      known.set(name, pids);
      this.#registry.write();
    });
    this.fleet.on("removed", () => this.#registry.touch());
  }

  async #start(): Promise<void> {
    const { log, first, source } = this.#parts;
    const letGo = takeKept();
    if (this.#stopping !== null) return;
    makePipesFolder(this.#pipes);
    await this.#openControl(); // first of all: with another daemon on these pipes nothing here is ours to clear
    if (this.#before !== null) await dismiss(this.#before.daemon);
    await this.#guardian.keep(first.orphanAfterMs); // before there is anything to guard
    // While nobody knows what they are to be, workers of an earlier daemon go on as they are.
    if (source.problems.length === 0) await this.#bequest.handOver(this.fleet, first.tools);
    if (this.#stopping !== null) return;
    this.fleet.apply(first.tools, "the daemon started");
    letGo(); // the fleet holds what it needs
    this.#registry.write();
    log.info({ version: packageVersion(), config: first.path, pipes: this.#pipes, tools: [...first.tools.keys()], reason: "started" }, "running");
    this.sweep().catch((error: unknown) => log.error({ reason: ToolError.from(error).message }, "orphaned pipes could not be swept"));
  }

  /** @throws ToolError `already-running` */
  async #openControl(): Promise<void> {
    const pid = foreignServer(this.#pipes, SUPERVISOR);
    if (pid !== null) throw new ToolError("already-running", { what: `a daemon on the pipes in ${this.#pipes}`, pid, hint: "Stop it with: cpipe supervisor stop" });
    await this.#control.serve();
    this.#serving = true;
  }

  async #reload(why: string): Promise<Performed[]> {
    if (this.#stopping !== null) throw new ToolError("stopping", { tool: "the daemon" });
    this.emit("reloading");
    this.#control.setState("reloading");
    let applied: ToolChange[] | null = null;
    const notes: string[] = [];
    try {
      const settled = await this.#read();
      if (this.#bequest.entries.length > 0) await this.#bequest.handOver(this.fleet, settled.tools);
      this.residency.budget = settled.memoryBudget;
      const performed = this.fleet.apply(settled.tools, "tools.yaml changed");
      applied = performed.map(({ now }) => now);
      this.residency.review();
      await this.#guardian.keep(settled.orphanAfterMs);
      notes.push(...this.#notApplied(settled));
      this.#parts.log.info({ config: settled.path, changes: applied, ...(notes.length === 0 ? {} : { notes }), reason: why }, "the config was applied");
      return this.#follow(performed);
    } finally {
      this.#registry.write();
      this.#control.setState("running");
      this.emit("reloaded", applied, notes);
    }
  }

  async #read(): Promise<Settled> {
    const { log, source } = this.#parts;
    const settled = await source.read();
    if (settled !== null) return settled;
    const reason = source.problems.join("\n");
    log.error({ config: source.path, problems: source.problems, reason }, "the config was not applied");
    throw new ToolError("invalid-config", { path: source.path, reason, problems: source.problems });
  }

  /** Who saves tools.yaml and then asks for a reload wants to know what comes of what was saved: these changes, and those that are under way. */
  #follow(performed: readonly Performed[]): Performed[] {
    for (const change of performed) {
      const { name } = change.now;
      this.#underWay.set(name, change);
      void change.end.then((told) => {
        if (this.#underWay.get(name) === change) this.#underWay.delete(name);
        this.#conclude(told);
      });
    }
    return [...this.#underWay.values()];
  }

  #conclude(told: ToolChange): void {
    const { name: tool, ...facts } = told;
    if (told.outcome === "done") this.#parts.log.info({ tool, ...facts }, "the change is in force");
    else this.#parts.log.warn({ tool, ...facts }, "the change is not in force");
    this.emit("concluded", told);
  }

  #notApplied(settled: Settled): string[] {
    const { first } = this.#parts;
    const later = "takes effect at the next start of the daemon";
    return [
      ...(settled.pipes === this.#pipes ? [] : [`pipes: ${settled.pipes} ${later}; until then they are in ${this.#pipes}`]),
      ...(JSON.stringify(settled.logs) === JSON.stringify(first.logs) ? [] : [`what logs: says ${later}`]),
    ];
  }

  /** Does not return, unless the system refuses. */
  async #replace(version: string): Promise<void> {
    if (this.#stopping !== null) return;
    this.emit("reloading");
    this.#registry.write();
    await replaceDaemon({ version, descriptors: this.fleet.descriptors, guardian: this.#guardian, log: this.#parts.log });
    this.emit("reloaded", null, []);
  }

  async #stopFleet(reason: string): Promise<void> {
    this.#parts.log.info({ reason }, "stopping");
    this.#control.setState("stopping");
    for (const stop of this.#chores) stop();
    this.residency.close();
    await Promise.all([this.fleet.stop(reason), this.#bequest.entries.length === 0 ? null : this.#bequest.end().then(() => this.sweep())]);
  }

  async #close(reason: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // whoever asked over the control pipe is answered first
    await Promise.all([this.#control.close(reason), this.#guardian.release()]);
    if (this.#serving) removeFifo(fifoOf.upstream(this.#pipes, SUPERVISOR));
    this.#settle();
    this.#lifelines.clear();
    this.#registry.remove();
    this.#parts.log.info({ reason }, "stopped");
  }
}
