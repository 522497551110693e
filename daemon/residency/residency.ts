import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { Tool } from "../fleet/tool.ts";
import { type Clock, systemClock } from "../worker/clock.ts";
import type { Phase } from "../worker/state.ts";
import { inWords } from "../worker/restart.ts";
import { judgeIdleness } from "./idle.ts";
import { memoryOf } from "./memory.ts";
import { type Resident, WAITING } from "./resident.ts";
import { Residents } from "./residents.ts";
import { Room } from "./room.ts";
import type { Sizes } from "./sizes.ts";

export interface ResidencyParts {
  /** All tools, those that are on their way out included. */
  readonly tools: () => Iterable<Tool>;
  /** Whether a tool waits for other tools, and not for memory. */
  readonly waitsForOthers: (name: string) => boolean;
  readonly sizes: Sizes;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The memory of a process and its descendants in bytes; null when it has gone. */
  readonly measure?: (pid: number) => Promise<number | null>;
}

/** What follows rest when somebody wants the tool. */
const WOKEN: ReadonlySet<Phase> = new Set(["starting", "waiting"]);
/** A tool is not measured again of itself, nor for somebody who asks, within this time. */
const FRESH_MS = { itself: 10_000, asked: 1000 } as const;

/**
 * Which tools are in memory: releases what has been idle for long, makes room for what is wanted, and ends what outgrows its limit.
 * Nothing is looked at all the time: each tool has at most a timer for when it may be due, and is measured when it has just loaded or
 * become idle.
 */
export class Residency {
  readonly #residents: Residents;
  readonly #room: Room;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** For when a tool may have been idle for long enough, and for when its memory is to be held against its limit. */
  readonly #timers = { idle: new Timers(), limit: new Timers() };

  /** `budget` in bytes; null without one. */
  constructor({ waitsForOthers, ...parts }: ResidencyParts, budget: number | null) {
    const { sizes, log } = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#log = log;
    this.#residents = new Residents({ measure: memoryOf, ...parts, clock: this.#clock });
    this.#room = new Room({ residents: this.#residents, sizes, log, clock: this.#clock, waitsForOthers }, budget);
  }

  /** What is started from now on is judged by it; `review` is for what there is. */
  set budget(bytes: number | null) {
    this.#room.budget = bytes;
  }

  /** To be called when the budget, and the settings that came with it, are in force. */
  review(): void {
    this.#room.review();
  }

  /** Why a tool may not be started now, as a sentence; null when it may. */
  blocked(tool: Tool): string | null {
    return this.#room.budget === null ? null : this.#room.blocked(this.#residents.of(tool));
  }

  /** Why there is no room for a second copy of a tool beside all that there is, as a clause; null when there is. */
  roomFor(spec: ToolSpec): string | null {
    return this.#room.lacks(spec);
  }

  /** Somebody wants this tool now: others may be released for it. */
  want(tool: Tool): void {
    const resident = this.#residents.of(tool);
    resident.used = this.#clock.now();
    resident.wanted = !resident.isLoaded;
    const { needs } = tool.worker.spec;
    // What it needs is wanted as much; cycles are refused with the config.
    if (needs.length > 0) for (const { tool: other } of this.#residents) if (needs.includes(other.name)) this.want(other);
  }

  /** To be told of every change of a tool. */
  changed(tool: Tool): void {
    const resident = this.#residents.of(tool);
    const { phase, state } = tool.worker.state;
    if (state !== WAITING) resident.admitted = false;
    if (state === WAITING || (resident.phase === "resting" && WOKEN.has(phase))) this.want(tool);
    resident.phase = phase;
    if (resident.isLoaded || phase === "down" || phase === "failed") resident.wanted = false;
    if (phase === "ready") void this.#settled(resident);
    this.#watchIdleness(resident);
    this.#watchLimit(resident);
    if (this.#room.budget !== null || state === WAITING) this.#room.serve();
  }

  /** Has an idle tool let go of its memory until its next request. @throws ToolError `busy`, `unsupported`, `not-ready` */
  async release(tool: Tool): Promise<void> {
    await this.#residents.release(this.#residents.of(tool), "asked to release it");
  }

  /** Measures all tools, unless that was done a moment ago. */
  async measure(): Promise<void> {
    await Promise.all([...this.#residents].map((resident) => this.#residents.measure(resident, FRESH_MS.asked)));
  }

  /** What the tools share, in bytes. `expected` is what each will use once it is loaded; `budget` is null without one. */
  get status(): { readonly budget: number | null; readonly used: number; readonly expected: Readonly<Record<string, number>> } {
    const expected = Object.fromEntries([...this.#residents].map((resident) => [resident.tool.name, resident.expected]));
    return { budget: this.#room.budget, used: this.#room.used, expected };
  }

  /** Nothing is released or looked at any more. */
  close(): void {
    for (const timers of Object.values(this.#timers)) timers.clear();
    this.#room.close();
  }

  /** It has loaded, been released, or become idle: a moment to see what it uses. */
  async #settled(resident: Resident): Promise<void> {
    const { state } = resident.tool.worker.state;
    if (state === "loading" || (state !== "idle" && resident.measured?.pid === resident.tool.worker.state.pid)) return;
    await this.#residents.measure(resident, FRESH_MS.itself);
    if (this.#room.budget !== null) this.#room.relieve(resident);
  }

  #watchIdleness(resident: Resident): void {
    const { spec } = resident.tool.worker;
    const { idleMs } = spec.keep;
    const watched = idleMs !== null && resident.isLoaded;
    if (!watched) return this.#timers.idle.cancel(resident);
    if (!this.#timers.idle.has(resident, idleMs)) this.#timers.idle.set(resident, idleMs, this.#clock.after(idleMs, () => void this.#lookAtIdleness(resident, idleMs)));
  }

  async #lookAtIdleness(resident: Resident, idleMs: number): Promise<void> {
    this.#timers.idle.cancel(resident);
    const { tool } = resident;
    const use = await this.#residents.ask(resident);
    if (!resident.isLoaded || tool.worker.spec.keep.idleMs !== idleMs) return this.#watchIdleness(resident);
    const idleness = use === null ? ({ kind: "later", ms: idleMs } as const) : judgeIdleness(use, idleMs, resident.endsOnly);
    let again = idleMs;
    if (idleness.kind === "later") again = idleness.ms;
    else {
      try {
        return await this.#residents.release(resident, `nothing was asked of it for ${inWords(idleMs)}`);
      } catch (error) {
        this.#log.debug({ tool: tool.name, reason: ToolError.from(error).message }, "not released");
      }
    }
    if (resident.isLoaded && !this.#timers.idle.has(resident, idleMs)) this.#timers.idle.set(resident, idleMs, this.#clock.after(again, () => void this.#lookAtIdleness(resident, idleMs)));
  }

  #watchLimit(resident: Resident): void {
    const { spec, state } = resident.tool.worker;
    const every = spec.health.intervalMs;
    if (spec.memoryMax === null || state.pid === null || state.phase === "stopping") return this.#timers.limit.cancel(resident);
    if (!this.#timers.limit.has(resident, every)) this.#timers.limit.set(resident, every, this.#clock.after(every, () => void this.#holdAgainstLimit(resident)));
  }

  async #holdAgainstLimit(resident: Resident): Promise<void> {
    this.#timers.limit.cancel(resident);
    const { worker } = resident.tool;
    const { pid } = worker.state;
    await this.#residents.measure(resident);
    const { memoryMax } = worker.spec;
    const { measured } = resident;
    if (pid !== null && pid === worker.state.pid && measured?.pid === pid && memoryMax !== null && measured.bytes > memoryMax) {
      worker.giveUp("out-of-memory", `it uses ${inBytes(measured.bytes)} of the ${inBytes(memoryMax)} that memoryMax allows`);
    }
    this.#watchLimit(resident);
  }
}

/** One timer for each tool, of a certain kind. */
class Timers {
  readonly #running = new Map<Resident, { readonly of: number; readonly cancel: () => void }>();

  has(resident: Resident, of: number): boolean {
    return this.#running.get(resident)?.of === of;
  }

  /** `of` is the setting that it was set for: with another one it is set anew. */
  set(resident: Resident, of: number, cancel: () => void): void {
    this.cancel(resident);
    this.#running.set(resident, { of, cancel });
  }

  cancel(resident: Resident): void {
    this.#running.get(resident)?.cancel();
    this.#running.delete(resident);
  }

  clear(): void {
    for (const { cancel } of this.#running.values()) cancel();
    this.#running.clear();
  }
}
