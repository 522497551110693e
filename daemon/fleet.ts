import { EventEmitter } from "node:events";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import { type Change, plan, type Tools } from "./config/plan.ts";
import { Tool, type ToolOptions } from "./tool.ts";
import { isDown } from "./worker/worker.ts";

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
  /** Tools that were removed and whose processes are not all gone; a new one of the same name waits for that. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(options: Omit<ToolOptions, "onChanged">) {
    super();
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

  /** Makes the fleet what `next` says; tools that do not change keep their process. */
  apply(next: Tools, why: string): Applied[] {
    const current = new Map([...this.#tools].map(([name, tool]) => [name, tool.worker.spec]));
    const changes = plan(current, next);
    for (const change of changes) this.#perform(change, why);
    this.#tools = new Map([...next.keys()].flatMap((name) => (this.#tools.has(name) ? [[name, this.get(name)] as const] : [])));
    return changes.flatMap((change) => (change.kind === "unchanged" ? [] : [{ kind: change.kind, name: change.name, fields: "fields" in change ? change.fields : [] }]));
  }

  /** Stops every tool; resolves when the last process of each is gone. */
  async stop(reason: string): Promise<void> {
    const tools = [...this.#tools.values()];
    for (const tool of tools) tool.worker.stop(reason);
    await Promise.all([...tools.map((tool) => tool.worker.until(isDown)), ...this.#leaving.values()]);
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
      case "changed":
        return this.get(change.name).configure(change.to);
      case "unchanged":
        return undefined;
    }
  }

  #add({ to, name }: Extract<Change, { kind: "added" }>, why: string): void {
    const tool = new Tool(to, { ...this.#options, onChanged: (changed) => this.#tools.get(changed.name) === changed && this.emit("changed", changed.entry) });
    this.#tools.set(name, tool);
    if (!to.autostart) return void this.emit("changed", tool.entry);
    const before = this.#leaving.get(name);
    if (before === undefined) tool.worker.start(why);
    else void before.then(() => this.#tools.get(name) === tool && tool.worker.start(why));
  }

  #remove(name: string): void {
    const tool = this.get(name);
    this.#tools.delete(name);
    tool.worker.stop("removed from tools.yaml");
    const gone = tool.worker.until(isDown).then(() => {
      if (this.#leaving.get(name) === gone) this.#leaving.delete(name);
    });
    this.#leaving.set(name, gone);
    this.emit("removed", name);
  }
}
