import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { Clock } from "../worker/clock.ts";
import { type Claim, judgeRoom, type Verdict } from "./budget.ts";
import { expectedOf, type Resident, WAITING } from "./resident.ts";
import type { Residents } from "./residents.ts";
import type { Sizes } from "./sizes.ts";

export interface RoomParts {
  readonly residents: Residents;
  readonly sizes: Sizes;
  readonly log: Logger;
  readonly clock: Clock;
  /** Whether a tool waits for other tools, and not for memory. */
  readonly waitsForOthers: (name: string) => boolean;
}

/** How often busy tools are asked while somebody waits for their memory: a server without states does not say when it is done. */
const LOOK_MS = 1000;
const ADMIT_MS = 10_000;

/** The memory that all tools share: who may load, and who has to make room for whom. */
export class Room {
  readonly #parts: RoomParts;
  #budget: number | null;
  #reviewed = true;
  #serving: Promise<void> | null = null;
  /** Something has changed while somebody was being served. */
  #again = false;
  #cancelLook: (() => void) | null = null;
  readonly #overgrown = new Set<Resident>();

  /** `budget` in bytes; null without one. */
  constructor(parts: RoomParts, budget: number | null) {
    this.#parts = parts;
    this.#budget = budget;
  }

  get budget(): number | null {
    return this.#budget;
  }

  /** Holds from now on; `review` looks at those that were refused by the one before. */
  set budget(bytes: number | null) {
    this.#reviewed &&= bytes === this.#budget;
    this.#budget = bytes;
  }

  /** One that was refused may fit by a budget that has changed. */
  review(): void {
    if (!this.#reviewed) for (const { tool } of this.#parts.residents) if (tool.worker.state.phase === "failed" && tool.refused) tool.worker.start("the memory budget has changed");
    this.#reviewed = true;
    this.serve();
  }

  /** What all tools hold, or are about to, in bytes. */
  get used(): number {
    return this.#claims(null).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Why a tool may not load now, as a sentence; null when it may. */
  blocked(resident: Resident): string | null {
    const verdict = this.#judge(resident);
    return verdict.kind === "fits" ? null : verdict.reason;
  }

  /** Why a second copy of a tool does not fit beside all that there is, as a clause; null when it does. Nothing is released for it. */
  lacks(spec: ToolSpec): string | null {
    if (this.#budget === null) return null;
    const bytes = expectedOf(spec, this.#parts.sizes);
    const free = Math.max(0, this.#budget - this.used);
    return bytes <= free ? null : `it needs ${inBytes(bytes)}, and ${inBytes(free)} of the ${inBytes(this.#budget)} for all tools are free`;
  }

  /** A tool uses more than it did: others may have to make room for that. */
  relieve(resident: Resident): void {
    if (this.#budget === null || this.used <= this.#budget) return;
    this.#overgrown.add(resident);
    this.serve();
  }

  /** To be called whenever a tool has changed. Serves those that wait, one after another. */
  serve(): void {
    if (this.#serving !== null) {
      this.#again = true;
      return;
    }
    if (!this.#somebodyWaits() && this.#overgrown.size === 0) return;
    this.#serving = this.#serveAll().finally(() => {
      this.#serving = null;
      if (this.#again) this.#later();
    });
  }

  close(): void {
    this.#cancelLook?.();
    this.#budget = null;
  }

  #later(): void {
    this.#again = false;
    setImmediate(() => this.serve());
  }

  async #serveAll(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = null;
    for (const resident of this.#overgrown) await this.#relieve(resident);
    this.#overgrown.clear();
    for (const resident of this.#waiting()) await this.#serveOne(resident);
    if (this.#somebodyWaits()) this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => this.serve());
  }

  /** Others are idle that were used before the one that has grown. */
  async #relieve({ used, tool }: Resident): Promise<void> {
    const judge = (): Verdict => (this.#budget === null ? { kind: "fits" } : judgeRoom({ bytes: 0, total: 0, used }, this.#claims(null), this.#budget));
    while (judge().kind === "release") {
      await this.#askAll();
      if (!(await this.#releaseFirst(judge, `${tool.name} has grown`))) return;
    }
  }

  async #serveOne(resident: Resident): Promise<void> {
    const judge = (): Verdict => this.#judge(resident);
    for (;;) {
      const verdict = judge();
      switch (verdict.kind) {
        case "fits":
          return this.#admit(resident);
        case "never":
          return this.#refuse(resident, verdict.reason);
        case "wait":
          if (resident.urgency === 0) return resident.tool.worker.rest("there was no room for it at the start; its first request makes some"); // nobody has asked for it
          await this.#askAll();
          if (judge().kind !== "wait") break;
          return this.#tell(resident);
        case "release":
          this.#tell(resident);
          await this.#askAll();
          if (!(await this.#releaseFirst(judge, `to make room for ${resident.tool.name}`))) return;
      }
    }
  }

  /** Whether something was released, or need not be. What was thought to be idle may not be so any more. */
  async #releaseFirst(judge: () => Verdict, why: string): Promise<boolean> {
    const verdict = judge();
    if (verdict.kind !== "release") return true;
    const [name] = verdict.names;
    const loser = [...this.#parts.residents].find(({ tool }) => tool.name === name);
    if (loser === undefined) return true;
    try {
      await this.#parts.residents.release(loser, why);
      return true;
    } catch (error) {
      // Busy after all, or only to be had by ending it: the next verdict is another.
      this.#parts.log.info({ tool: name, reason: ToolError.from(error).message }, "not released");
      await this.#parts.residents.ask(loser);
      return loser.claim?.standing !== "idle";
    }
  }

  /** A process may be started; a server that runs is told that it may load. */
  #admit(resident: Resident): void {
    const { worker } = resident.tool;
    if (worker.state.phase === "waiting") return worker.look();
    if (!this.#waits(resident)) return; // it has been looked at already
    resident.admitted = true;
    this.#answer(resident, {});
  }

  #refuse(resident: Resident, reason: string): void {
    const { worker } = resident.tool;
    if (worker.state.phase === "waiting") return resident.tool.refuse(reason);
    if (this.#waits(resident)) this.#answer(resident, { refused: reason });
  }

  #answer(resident: Resident, args: object): void {
    const { tool } = resident;
    const failed = (error: unknown): void => {
      resident.admitted = false;
      this.#parts.log.warn({ tool: tool.name, reason: ToolError.from(error).message }, "it could not be told whether there is room");
    };
    tool.request("admit", args, ADMIT_MS).catch(failed);
  }

  /** What it waits for is the reason in the list. */
  #tell(resident: Resident): void {
    const { tool } = resident;
    if (tool.worker.state.phase === "waiting") return tool.worker.look();
    const verdict = this.#judge(resident);
    if (verdict.kind !== "fits") tool.explain(verdict.reason);
  }

  async #askAll(): Promise<void> {
    const { residents } = this.#parts;
    await Promise.all([...residents].filter(({ isLoaded }) => isLoaded).map((resident) => residents.ask(resident)));
  }

  #judge(resident: Resident): Verdict {
    if (this.#budget === null) return { kind: "fits" };
    const { expected, urgency: used, isReleased, held } = resident;
    return judgeRoom({ bytes: expected - (isReleased ? held : 0), total: expected, used }, this.#claims(resident), this.#budget);
  }

  /** A released server's own share is part of what is taken. */
  #claims(except: Resident | null): Claim[] {
    return [...this.#parts.residents].flatMap((resident) => {
      const claim = resident === except && !resident.isReleased ? null : resident.claim;
      return claim === null ? [] : [claim];
    });
  }

  #somebodyWaits(): boolean {
    return this.#waiting().length > 0;
  }

  /** In the order in which they began to wait. */
  #waiting(): Resident[] {
    return [...this.#parts.residents].filter((resident) => this.#waits(resident)).sort((a, b) => a.tool.worker.state.since - b.tool.worker.state.since);
  }

  #waits(resident: Resident): boolean {
    const { state } = resident.tool.worker;
    if (state.phase === "ready") return state.state === WAITING && !resident.admitted;
    return this.#budget !== null && state.phase === "waiting" && !this.#parts.waitsForOthers(resident.tool.name);
  }
}
