import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { Work } from "../../pipes/protocol/metrics.ts";

/** A tool whose worker may be asked how its work goes. */
export interface Asked {
  readonly pid: number;
  /** Rejects when the worker cannot tell. */
  readonly ask: () => Promise<ToolEvent>;
}

/** What of one worker is known; a question that is open is not asked a second time. */
interface Known {
  readonly pid: number;
  work: Work | null;
  open: boolean;
}

/**
 * What the workers say of their work, each asked beside the daemon's own questions for its health. Nobody waits for one that does not
 * answer: of that one what it said last is told.
 */
export class Workloads {
  readonly #known = new Map<string, Known>();

  /** Asks them all. Resolves when all have answered, or after `mostMs`. */
  async ask(workers: ReadonlyMap<string, Asked>, mostMs: number): Promise<void> {
    for (const name of this.#known.keys()) if (!workers.has(name)) this.#known.delete(name);
    const answers = Promise.all([...workers].map(([name, worker]) => this.#ask(name, worker)));
    let patience: NodeJS.Timeout | undefined;
    await Promise.race([answers, new Promise((resolve) => (patience = setTimeout(resolve, mostMs)))]);
    clearTimeout(patience);
  }

  /** Null of one that has not said, or cannot. */
  of(name: string): Work | null {
    return this.#known.get(name)?.work ?? null;
  }

  async #ask(name: string, { pid, ask }: Asked): Promise<void> {
    const before = this.#known.get(name);
    const known = before?.pid === pid ? before : { pid, work: null, open: false };
    this.#known.set(name, known);
    if (known.open) return;
    known.open = true;
    try {
      known.work = workIn((await ask())["work"]);
    } catch {
      // Whether it hangs is for its health to find out; one that cannot tell has told nothing.
    } finally {
      known.open = false;
    }
  }
}

/** What a program of somebody else's sends may be anything. */
function workIn(told: unknown): Work | null {
  const { active, waiting = null, served, failed, rate = null } = (told ?? {}) as Partial<Work>;
  if (!isCount(active) || !isCount(served) || !isCount(failed) || !(waiting === null || isCount(waiting))) return null;
  if (rate !== null && !(Number.isFinite(rate.value) && typeof rate.unit === "string")) return null;
  return { active, waiting, served, failed, rate: rate === null ? null : { value: rate.value, unit: rate.unit } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
