import { cpus, freemem } from "node:os";
import type { Metrics } from "../../pipes/protocol/metrics.ts";
import { machineMemory } from "../residency/memory.ts";

/** Cards are asked for this seldom: that may start a program, and take a second. */
const CARDS_MS = 10_000;
/** What is smaller is no news: bytes of the machine's memory change all the time. */
const NOTABLE_BYTES = 16 * 1024 * 1024;

/** What the whole machine does. */
export class Machine {
  #before = ticks();
  #load = 0;
  #cards: Promise<Metrics["gpus"]> | null = null;
  #known: Metrics["gpus"] = [];
  #askedAt = -Infinity;
  /** Whether there are cards does not change, what they do does. */
  #hasCards = true;

  /** From now on the load is counted. */
  begin(): void {
    this.#before = ticks();
  }

  /** The load is that since the call before, or since `begin`. */
  async look(): Promise<Metrics["machine"]> {
    const now = ticks();
    const passed = now.all - this.#before.all;
    if (passed > 0) this.#load = Math.round(((now.busy - this.#before.busy) / passed) * 100);
    this.#before = now;
    return { memory: { total: machineMemory(), available: await available() }, load: this.#load, cores: cpus().length };
  }

  /** What the cards did when they were last looked at. That is done again in the background, now and then. */
  recentCards(): Metrics["gpus"] {
    if (performance.now() - this.#askedAt >= CARDS_MS) void this.lookAtCards();
    return this.#known;
  }

  /** Resolves to what the cards do now; to none where that cannot be known. */
  async lookAtCards(): Promise<Metrics["gpus"]> {
    if (!this.#hasCards) return [];
    this.#askedAt = performance.now();
    this.#cards ??= cards().catch(() => []).finally(() => (this.#cards = null));
    this.#known = await this.#cards;
    this.#hasCards = this.#known.length > 0;
    return this.#known;
  }
}

function ticks(): { busy: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const all = times.reduce((sum, each) => sum + each.user + each.nice + each.sys + each.idle + each.irq, 0);
  return { all, busy: all - times.reduce((sum, each) => sum + each.idle, 0) };
}

/** In a container that has a limit, what is left of that. */
async function available(): Promise<number> {
  const bytes = process.platform === "linux" ? process.availableMemory() : await (await information()).mem().then((memory) => memory.available, freemem);
  return Math.min(machineMemory(), Math.round(bytes / NOTABLE_BYTES) * NOTABLE_BYTES);
}

/** Loaded when first needed: it is a sixth of the daemon's memory. */
async function information(): Promise<typeof import("systeminformation")> {
  return (await import("systeminformation")).default;
}

async function cards(): Promise<Metrics["gpus"]> {
  const { controllers } = await (await information()).graphics();
  const cards = controllers.filter((card) => (card.memoryTotal ?? card.vram ?? 0) > 0);
  return cards.map((card) => ({
    model: card.model,
    memoryTotal: card.memoryTotal ?? card.vram ?? null,
    memoryUsed: card.memoryUsed ?? null,
    use: card.utilizationGpu ?? null,
  }));
}
