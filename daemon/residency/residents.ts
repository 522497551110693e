import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { Tool } from "../fleet/tool.ts";
import type { Clock } from "../worker/clock.ts";
import type { Use } from "./idle.ts";
import { Resident } from "./resident.ts";
import type { Sizes } from "./sizes.ts";

export interface ResidentsParts {
  /** All tools, those that are on their way out included. */
  readonly tools: () => Iterable<Tool>;
  readonly sizes: Sizes;
  readonly log: Logger;
  readonly clock: Clock;
  /** The memory of a process and its descendants in bytes; null when it has gone. */
  readonly measure: (pid: number) => Promise<number | null>;
}

const ANSWER_MS = 2000;
/** A server may have much to put away. */
const RELEASE_MS = 60_000;
/** How long memory that was given back may take to show, and how often that is looked at. */
const BACK = { mostMs: 2000, everyMs: 50 } as const;

/** All tools with what is known of their memory, and what can be done to one of them. */
export class Residents {
  readonly #parts: ResidentsParts;
  readonly #residents = new WeakMap<Tool, Resident>();

  constructor(parts: ResidentsParts) {
    this.#parts = parts;
  }

  of(tool: Tool): Resident {
    const known = this.#residents.get(tool) ?? new Resident(tool, this.#parts.sizes);
    this.#residents.set(tool, known);
    return known;
  }

  *[Symbol.iterator](): Generator<Resident> {
    for (const tool of this.#parts.tools()) yield this.of(tool);
  }

  /** Measures a tool, unless that was done within the last `freshMs`. */
  async measure(resident: Resident, freshMs = 0): Promise<void> {
    const { clock, measure, log } = this.#parts;
    const { tool, measured } = resident;
    const { pid } = tool.worker.state;
    if (pid === null || (freshMs > 0 && measured?.pid === pid && clock.now() - measured.at < freshMs)) return;
    try {
      const bytes = await measure(pid);
      if (bytes === null || tool.worker.state.pid !== pid) return;
      resident.take(bytes, pid, clock.now());
      tool.weigh(bytes);
    } catch (error) {
      log.warn({ tool: tool.name, pid, reason: (error as Error).message }, "its memory cannot be measured");
    }
  }

  /** Asks a tool how much it is used; null when it does not say, which a tool in another language need not. */
  async ask(resident: Resident): Promise<Use | null> {
    const { tool } = resident;
    try {
      const { calls, idle, clients } = await tool.request("health", {}, ANSWER_MS);
      const use = { calls: Number(calls), idle: Number(idle), clients: Number(clients) };
      resident.heard(use, this.#parts.clock.now());
      return use;
    } catch {
      resident.use = null; // whether it hangs is for its health to find out
      return null;
    }
  }

  /**
   * Has an idle tool let go of its memory, by itself or else by ending its process, and waits until the memory is free. Clients that are
   * connected to a process would start it again at once, so that one is left alone. @throws ToolError `busy`, `unsupported`, `not-ready`
   */
  async release(resident: Resident, reason: string): Promise<void> {
    const { tool } = resident;
    const { worker } = tool;
    if (worker.state.pid === null || resident.isReleased) return;
    if (worker.state.phase !== "ready") throw new ToolError("not-ready", { tool: tool.name, state: worker.state.phase, reason: worker.state.reason });
    const before = resident.held;
    await this.measure(resident); // what it needs is known best now
    resident.leaving = true;
    try {
      if (!(await this.#letGo(resident))) await this.#end(resident, reason);
      else await this.#back(resident, before);
    } finally {
      resident.leaving = false;
    }
    this.#parts.log.info({ tool: tool.name, reason, freed: inBytes(Math.max(0, before - resident.held)) }, "released");
  }

  /** Whether it has let go while it runs. @throws ToolError `busy`, and what its hook says */
  async #letGo(resident: Resident): Promise<boolean> {
    if (resident.endsOnly) return false;
    try {
      await resident.tool.request("release", {}, RELEASE_MS);
      return true;
    } catch (thrown) {
      const error = ToolError.from(thrown);
      if (error.code !== "unsupported" && error.code !== "unknown-command") throw error;
      resident.endsOnly = true;
      return false;
    }
  }

  /** @throws ToolError `busy`, `unsupported` */
  async #end(resident: Resident, reason: string): Promise<void> {
    const { tool } = resident;
    const use = await this.ask(resident);
    if (use === null ? tool.worker.state.state !== "idle" : use.calls > 0) throw new ToolError("busy", { tool: tool.name, queued: use?.calls ?? 1 });
    const clients = use?.clients ?? 0;
    if (clients > 0) throw new ToolError("unsupported", { tool: tool.name, what: `be released while ${clients === 1 ? "a client is" : `${clients} clients are`} connected`, hint: "They would start it again at once" });
    tool.worker.rest(reason);
    await tool.until(({ phase }) => phase !== "stopping" && phase !== "ready");
  }

  /** What a process has freed may take a moment to be the system's again. */
  async #back(resident: Resident, before: number): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.now() + BACK.mostMs;
    for (;;) {
      await this.measure(resident);
      if (resident.held < before * 0.75 || clock.now() >= until || !resident.isReleased) return;
      await new Promise<void>((resolve) => clock.after(BACK.everyMs, resolve));
    }
  }
}
