import { EventEmitter } from "node:events";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolChange } from "../../pipes/protocol/change.ts";
import type { DeathRecord, RegistryEntry } from "../../pipes/protocol/registry.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { afterAdoption, type LivingEntry } from "../inheritance/adoption.ts";
import { cameUp, change, type Performed, toldOf } from "./changing.ts";
import { type Change, plan, type Tools } from "../config/plan.ts";
import { unknownSpec } from "../config/spec.ts";
import { endInOrder, stopBudget } from "./ending.ts";
import { type Gate, isStuck, type StandingOf, waitsBecause } from "./gate.ts";
import { neededBy, needsOf, type Order, type Ordered, startOrder } from "./order.ts";
import { type History, Tool, type ToolOptions } from "./tool.ts";
import { isDown, type Worker } from "../worker/worker.ts";

export interface FleetOptions extends Omit<ToolOptions, "onChanged" | "onState" | "blocked"> {
  /** What else may have to come first, beside other tools. Who keeps one calls `look` when it may say something else. */
  readonly gates?: readonly Gate[];
  /** A tool is different from what it was; told of those that are on their way out, too. */
  readonly onTool?: (tool: Tool) => void;
}

/** All tools that tools.yaml names, in its order. Emits `changed` with a tool's entry, and `removed` with its name. */
export class Fleet extends EventEmitter<{ changed: [entry: RegistryEntry]; removed: [name: string] }> {
  readonly #options: FleetOptions;
  #tools = new Map<string, Tool>();
  /** Tools that were removed and whose processes are not all gone. One that comes back meanwhile is this very tool, so it has one process. */
  readonly #leaving = new Map<string, Tool>();
  /** What is to be done with tools of an earlier daemon, once all are there. */
  readonly #next = new Map<string, () => void>();
  #closed = false;

  constructor(options: FleetOptions) {
    super();
    this.setMaxListeners(0); // as many as watch
    this.#options = options;
  }

  [Symbol.iterator](): IterableIterator<Tool> {
    return this.#tools.values();
  }

  get entries(): RegistryEntry[] {
    return [...this.#tools.values()].map((tool) => tool.entry);
  }

  /** @throws ToolError `no-such-tool` */
  get(name: string): Tool {
    const tool = this.#tools.get(name);
    if (tool !== undefined) return tool;
    throw new ToolError("no-such-tool", { tool: name, hint: `tools.yaml names ${[...this.#tools.keys()].join(", ") || "none"}` });
  }

  /** Starts a tool, and first what it needs. @throws ToolError `no-such-tool`, `stopping` once the fleet is being stopped */
  start(name: string, reason: string): Worker {
    const { worker } = this.#toStart(name);
    worker.start(reason);
    return worker;
  }

  /** Stops a tool and starts it again, and first what it needs. @throws ToolError `no-such-tool`, `stopping` */
  restart(name: string, reason: string): Worker {
    const { worker } = this.#toStart(name);
    if (worker.state.phase === "resting") worker.start(reason);
    else worker.restart(reason);
    return worker;
  }

  /** Whether it waits for a tool that does not come up by itself. */
  isStuck(name: string): boolean {
    return isStuck(name, this.#standingOf);
  }

  /** The tools that are wanted up and need it, by themselves or through another. */
  usersOf(name: string): string[] {
    return neededBy(name, this.#order).filter((other) => this.#tools.get(other)?.worker.state.want === "up");
  }

  /** What waits is to see again whether it may be started. */
  look(): void {
    for (const { worker } of this.#tools.values()) worker.look();
  }

  /** Makes the fleet what `next` says; tools that do not change keep their process. @throws ToolError `stopping` */
  apply(next: Tools, why: string): Performed[] {
    if (this.#closed) throw new ToolError("stopping", { tool: "the daemon" });
    const changes = this.#plan(next);
    const ends = new Map<string, Promise<ToolChange>>();
    this.#remove(changes.flatMap(({ kind, name }) => (kind === "removed" ? [name] : [])), ends);
    const byName = new Map(changes.map((change) => [change.name, change]));
    // All are there before the first is started: who waits for whom is known then.
    for (const change of changes) if (change.kind === "added") this.#add(change);
    this.#tools = new Map([...next.keys()].map((name) => [name, this.get(name)] as const));
    for (const name of startOrder(next)) {
      const end = this.#perform(byName.get(name) as Change, why);
      if (end !== null) ends.set(name, end);
      this.#next.get(name)?.();
    }
    this.#next.clear();
    this.look();
    return toldOf(changes, "under way").map((now) => ({ now, end: (ends.get(now.name) ?? Promise.resolve(now)).catch((error: unknown) => ({ ...now, outcome: "failed", reason: ToolError.from(error).message })) }));
  }

  /** What `apply` would do. */
  plan(next: Tools): ToolChange[] {
    return toldOf(this.#plan(next), "planned");
  }

  /**
   * Takes over a worker of an earlier daemon. `spec` is what its tool is to be now, null for a tool that tools.yaml no longer has:
   * that one is stopped.
   */
  adopt(entry: LivingEntry, spec: ToolSpec | null, reason: string): void {
    const tool = this.#newTool(spec ?? unknownSpec(entry.name), entry);
    const { worker } = tool;
    if (spec === null) this.#leaving.set(entry.name, tool);
    else this.#tools.set(entry.name, tool);
    tool.adopt(entry, reason);
    if (spec === null) return this.#leave(tool);
    const next = afterAdoption(entry, tool.outdated);
    const why = tool.outdated ? "what tools.yaml says of it changed while no daemon ran" : "the daemon before was restarting it";
    if (next === "stop") this.#next.set(entry.name, () => worker.stop(entry.reason ?? "it was being stopped"));
    if (next === "restart" && tool.outdated && entry.phase === "ready") this.#next.set(entry.name, () => void tool.until(({ phase }) => phase !== "starting").then(() => tool.configure(worker.spec, why)));
    else if (next === "restart") this.#next.set(entry.name, () => worker.restart(why));
  }

  /**
   * A tool of an earlier daemon that has no process. It is started again by the next `apply` if it was to be up, and remembers the
   * `death` that nobody saw.
   */
  recall(entry: RegistryEntry, spec: ToolSpec, death: DeathRecord | null): void {
    const deaths = death === null ? entry.deaths : [...entry.deaths, death];
    const tool = this.#newTool(spec, { deaths, restarts: entry.restarts + (death === null ? 0 : 1) });
    this.#tools.set(spec.name, tool);
    if (entry.phase === "resting") this.#next.set(spec.name, () => tool.worker.rest(entry.reason ?? "nothing is asked of it"));
    else if (entry.want === "up") this.#next.set(spec.name, () => this.start(spec.name, death === null ? "the daemon started" : `${death.what}; started again`));
    else this.#next.set(spec.name, () => this.emit("changed", tool.entry));
  }

  /** From now on nothing is started. */
  close(): void {
    this.#closed = true;
  }

  /** Stops every tool, for good, those that need others before them; resolves when the last process of each is gone. */
  async stop(reason: string): Promise<void> {
    this.close();
    const all = new Map(this.all().map((tool) => [tool.name, tool]));
    await endInOrder(specsOf(all.values()), async (name) => {
      const tool = all.get(name) as Tool;
      tool.stop(reason);
      await tool.ended();
    });
  }

  /** The processes that there are, those of removed tools included. */
  get pids(): number[] {
    return this.all().flatMap((tool) => tool.pids);
  }

  /** What keeps the FIFOs open in which requests may wait. */
  get descriptors(): number[] {
    return this.all().flatMap((tool) => tool.descriptors);
  }

  /** The longest that `stop` takes, in ms, unless the kernel itself holds a process. */
  get stopBudget(): number {
    return stopBudget(specsOf(this.all()));
  }

  /** Those that are on their way out included. */
  all(): Tool[] {
    return [...this.#tools.values(), ...this.#leaving.values()];
  }

  #plan(next: Tools): Change[] {
    return plan(new Map([...this.#tools].map(([name, tool]) => [name, tool.aim])), next);
  }

  #perform(next: Change, why: string): Promise<ToolChange> | null {
    if (next.kind === "removed") return null;
    const tool = this.get(next.name);
    if (next.kind === "unchanged") {
      tool.agree();
      return null;
    }
    if (next.kind === "added") {
      this.#begin(tool, why);
      return cameUp(tool);
    }
    if (tool.worker.state.want === "up" && (next.kind !== "live" || next.fields.includes("needs"))) this.#startNeedsOf(next.name, next.to);
    return change(tool, next, why).then((told) => {
      if (this.#tools.get(tool.name) === tool && !this.#closed) this.#bring(tool, next.fields, why);
      return told;
    });
  }

  /** Brings one that has no process where these fields say now that it is to be there. */
  #bring(tool: Tool, fields: readonly string[], why: string): void {
    const { spec, state } = tool.worker;
    if (fields.includes("autostart") && spec.autostart && isDown(state)) this.#begin(tool, `${why}: autostart`);
    if (fields.includes("keep") && spec.keep.mode === "always" && state.phase === "resting") this.start(tool.name, `${why}: keep`);
    this.look();
  }

  #add({ to, name }: Extract<Change, { kind: "added" }>): void {
    const kept = this.#leaving.get(name);
    void kept?.configure(to, "it is in tools.yaml again");
    this.#leaving.delete(name);
    this.#tools.set(name, kept ?? this.#newTool(to));
  }

  #begin(tool: Tool, why: string): void {
    const { autostart, keep } = tool.worker.spec;
    if (!autostart) this.emit("changed", tool.entry);
    else if (keep.preload) this.start(tool.name, why);
    else tool.worker.rest("its first request starts it");
  }

  #newTool(spec: ToolSpec, history?: History): Tool {
    const onChanged = (changed: Tool): void => {
      this.#options.onTool?.(changed);
      if (this.#tools.get(changed.name) === changed) this.emit("changed", changed.entry);
      this.look();
    };
    // Nobody has asked for its start but the request itself.
    const onState: ToolOptions["onState"] = ({ phase }, before) => void (phase === "waiting" && before.phase === "resting" && this.#startNeedsOf(spec.name));
    return new Tool(spec, { ...this.#options, blocked: this.#blocked, onChanged, onState }, history);
  }

  /** They are no longer in the list at once; those that need others among them are stopped before them. */
  #remove(names: readonly string[], ends: Map<string, Promise<ToolChange>>): void {
    const removed = new Map(names.map((name) => [name, this.get(name)]));
    for (const [name, tool] of removed) {
      this.#tools.delete(name);
      this.#leaving.set(name, tool);
      this.emit("removed", name);
      const told = { name, kind: "removed", fields: [], outcome: "done" } as const;
      const gone = Promise.race([tool.ended(), tool.until(({ want }) => want === "up" && this.#tools.get(name) === tool)]);
      ends.set(name, gone.then(() => ({ ...told, fields: [], reason: tool.worker.state.reason })));
    }
    void endInOrder(specsOf(removed.values()), async (name) => {
      const tool = removed.get(name) as Tool;
      const isLeaving = (): boolean => this.#leaving.get(name) === tool;
      if (!isLeaving()) return; // it has come back
      tool.stop("removed from tools.yaml");
      await Promise.race([tool.ended(), tool.until(({ want }) => want === "up")]);
      if (isLeaving()) this.#leaving.delete(name);
    });
  }

  #toStart(name: string): Tool {
    if (this.#closed) throw new ToolError("stopping", { tool: "the daemon" });
    const tool = this.get(name);
    this.#startNeedsOf(name);
    return tool;
  }

  /** `spec`: what it is about to be. */
  #startNeedsOf(name: string, spec: Ordered = this.get(name).worker.spec): void {
    for (const needed of needsOf(name, new Map<string, Ordered>(this.#order).set(name, spec))) {
      const { worker } = this.get(needed);
      if (worker.state.phase === "down" || worker.state.phase === "failed") worker.start(`${name} needs it`);
    }
  }

  readonly #blocked: Gate = (name) => {
    if (this.#closed) return "the daemon is being stopped";
    if (this.#leaving.has(name)) return "it was removed from tools.yaml";
    for (const gate of [this.waitsForOthers, ...(this.#options.gates ?? [])]) {
      const reason = gate(name);
      if (reason !== null) return reason;
    }
    return null;
  };

  /** Why it waits for other tools, as a sentence; null when it does not. */
  readonly waitsForOthers: Gate = (name) => waitsBecause(name, this.#standingOf);

  readonly #standingOf: StandingOf = (name) => {
    const worker = this.#tools.get(name)?.worker;
    return worker === undefined ? undefined : { needs: worker.spec.needs, after: worker.spec.after, state: worker.state };
  };

  get #order(): Order {
    return specsOf(this.#tools.values());
  }

  #leave(tool: Tool): void {
    tool.worker.stop("removed from tools.yaml");
    void tool.worker.until(isDown).then(() => this.#leaving.get(tool.name) === tool && this.#leaving.delete(tool.name));
  }
}

function specsOf(tools: Iterable<Tool>): ReadonlyMap<string, ToolSpec> {
  return new Map([...tools].map(({ name, worker }) => [name, worker.spec]));
}
