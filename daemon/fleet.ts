import { EventEmitter } from "node:events";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import { type Change, plan, type Tools } from "./config/plan.ts";
import { Tool, type ToolOptions } from "./tool.ts";
import { isDown, type Worker } from "./worker/worker.ts";

/** What was done for one tool at a reload. */
export interface Applied {
  readonly kind: Exclude<Change["kind"], "unchanged">;
  readonly name: string;
  readonly fields: readonly string[];
}

/** All tools that tools.yaml names, in its order. Emits `changed` with a tool's entry, and `removed` with its name. */
export class Fleet extends EventEmitter<{ changed: [entry: RegistryEntry]; removed: [name: string] }> {
  readonly #options: Omit<ToolOptions, "onChanged">;
  #tools = new Map<string, Tool>();
  /** Tools that were removed and whose processes are not all gone. One that comes back meanwhile is this very tool, so it has one process. */
  readonly #leaving = new Map<string, Tool>();
  #closed = false;

  constructor(options: Omit<ToolOptions, "onChanged">) {
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

  /** The worker of a tool that somebody wants to have started. @throws ToolError `no-such-tool`, `stopping` once the fleet is being stopped */
  toStart(name: string): Worker {
    if (this.#closed) throw new ToolError("stopping", { tool: "the daemon" });
    return this.get(name).worker;
  }

  /** Makes the fleet what `next` says; tools that do not change keep their process. @throws ToolError `stopping` */
  apply(next: Tools, why: string): Applied[] {
    if (this.#closed) throw new ToolError("stopping", { tool: "the daemon" });
    const current = new Map([...this.#tools].map(([name, tool]) => [name, tool.worker.spec]));
    const changes = plan(current, next);
    for (const change of changes) this.#perform(change, why);
    this.#tools = new Map([...next.keys()].flatMap((name) => (this.#tools.has(name) ? [[name, this.get(name)] as const] : [])));
    return changes.flatMap((change) => (change.kind === "unchanged" ? [] : [{ kind: change.kind, name: change.name, fields: "fields" in change ? change.fields : [] }]));
  }

  /** From now on nothing is started. */
  close(): void {
    this.#closed = true;
  }

  /** Stops every tool, for good; resolves when the last process of each is gone. */
  async stop(reason: string): Promise<void> {
    this.close();
    for (const { worker } of this.#tools.values()) worker.stop(reason);
    await Promise.all(this.#all().map(({ worker }) => worker.until(isDown)));
  }

  /** The processes that there are, those of removed tools included. */
  get pids(): number[] {
    return this.#all().flatMap(({ worker }) => (worker.state.pid === null ? [] : [worker.state.pid]));
  }

  /** The longest that `stop` takes, in ms, unless the kernel itself holds a process. */
  get stopBudget(): number {
    return Math.max(0, ...this.#all().map(({ worker }) => worker.spec.timeouts).map(({ drainMs, stopMs, killMs }) => drainMs + stopMs + killMs));
  }

  #all(): Tool[] {
    return [...this.#tools.values(), ...this.#leaving.values()];
  }

  #perform(change: Change, why: string): void {
    switch (change.kind) {
      case "removed":
        return this.#remove(change.name);
      case "added":
        return this.#add(change, why);
      case "restarted": {
        const { worker } = this.get(change.name);
        this.get(change.name).configure(change.to);
        if (worker.state.want === "up") worker.restart(`${why}: ${change.fields.join(", ")} changed`);
        return;
      }
      case "changed": {
        const tool = this.get(change.name);
        tool.configure(change.to);
        if (change.fields.includes("autostart") && change.to.autostart && isDown(tool.worker.state)) tool.worker.start(`${why}: autostart`);
        return;
      }
      case "unchanged":
        return undefined;
    }
  }

  #add({ to, name }: Extract<Change, { kind: "added" }>, why: string): void {
    const kept = this.#leaving.get(name);
    kept?.configure(to);
    const tool = kept ?? new Tool(to, { ...this.#options, onChanged: (changed) => this.#tools.get(changed.name) === changed && this.emit("changed", changed.entry) });
    this.#leaving.delete(name);
    this.#tools.set(name, tool);
    if (!to.autostart) this.emit("changed", tool.entry);
    else if (to.keep.preload) tool.worker.start(why);
    else tool.worker.rest("its first request starts it");
  }

  #remove(name: string): void {
    const tool = this.get(name);
    this.#tools.delete(name);
    this.#leaving.set(name, tool);
    tool.worker.stop("removed from tools.yaml");
    void tool.worker.until(isDown).then(() => this.#leaving.get(name) === tool && this.#leaving.delete(name));
    this.emit("removed", name);
  }
}
