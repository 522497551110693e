import { readdirSync, readFileSync } from "node:fs";
import type { World } from "../harness.ts";

const EVERY_MS = 40;

/** One process of a tool that leads its group: its worker. */
interface Leader {
  readonly pid: number;
  readonly tool: string;
}

/**
 * Looks again and again at all processes of the machine: `crowded` is told of a tool that has two live workers (three where settings change). A worker is a process
 * with the tool's name in its environment that leads its group.
 */
export class Census {
  readonly #world: World;
  /** Of which a change of settings makes two, until the new one has taken the other's place. */
  readonly #changing: readonly string[];
  readonly #crowded: (tool: string, pids: readonly number[]) => void;
  readonly #timer: NodeJS.Timeout;
  /** Processes that were seen to be none of ours twice: between fork and exec one has its parent's environment. */
  readonly #strangers = new Map<number, number>();
  looks = 0;

  constructor(world: World, changing: readonly string[], crowded: (tool: string, pids: readonly number[]) => void) {
    this.#world = world;
    this.#changing = changing;
    this.#crowded = crowded;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.looks++;
    if (this.looks % 50 === 0) this.#strangers.clear(); // pids are used again
    const all = this.#leaders();
    for (const tool of new Set(all.map((leader) => leader.tool))) {
      const leaders = all.filter((leader) => leader.tool === tool);
      // What is seen one after the other may have followed one another: both have to live still.
      if (leaders.length > (this.#changing.includes(tool) ? 2 : 1) && leaders.every(({ pid }) => isAlive(pid))) this.#crowded(tool, leaders.map(({ pid }) => pid));
    }
  }

  #leaders(): Leader[] {
    return readdirSync("/proc").flatMap((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || (this.#strangers.get(pid) ?? 0) > 1) return [];
      const tool = toolOf(pid, this.#world.pipes);
      if (tool === null) this.#strangers.set(pid, (this.#strangers.get(pid) ?? 0) + 1);
      return tool === null || !leads(pid) ? [] : [{ pid, tool }];
    });
  }
}

/** Live processes of this world that are no zombies, by what they are. */
export function membersOf(world: World): Array<{ pid: number; tool: string }> {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    const tool = Number.isInteger(pid) ? toolOf(pid, world.pipes) : null;
    return tool === null || !isAlive(pid) ? [] : [{ pid, tool }];
  });
}

function toolOf(pid: number, pipes: string): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    if (!environment.includes(`PIPE_TOOLS_PIPES=${pipes}`)) return null;
    return environment.find((entry) => entry.startsWith("PIPE_TOOLS_TOOL="))?.slice("PIPE_TOOLS_TOOL=".length) ?? null;
  } catch {
    return null; // it has ended
  }
}

function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  const [state] = statOf(pid);
  return state !== undefined && state !== "Z" && state !== "X";
}

function leads(pid: number): boolean {
  const [, , group] = statOf(pid);
  return Number(group) === pid;
}
