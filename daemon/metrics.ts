import type { Systeminformation } from "systeminformation";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";

export interface Use {
  /** Share of one core, in percent, as the system averages it. */
  readonly cpu: number;
  /** Resident memory in bytes, the processes that a worker started included. */
  readonly memory: number;
  readonly processes: number;
}
export interface Metrics {
  readonly tools: Readonly<Record<string, Use>>;
  readonly daemon: { readonly memory: number };
  readonly machine: { readonly memory: { total: number; available: number }; readonly load: number; readonly cores: number };
  readonly gpus: ReadonlyArray<{ model: string; memoryTotal: number | null; memoryUsed: number | null; use: number | null }>;
}

/** Whether there are cards does not change, what they do does; asking for them may take a second. */
let hasGpu = true;

/** What each worker and the machine use now. Asked for, never sampled: nobody who does not look pays for it. */
export async function metricsOf(entries: readonly RegistryEntry[]): Promise<Metrics> {
  const si = await information();
  const [all, memory, load, graphics] = await Promise.all([si.processes(), si.mem(), si.currentLoad(), gpus()]);
  const running = entries.flatMap(({ name, pid }) => (pid === null ? [] : [[name, useOf(pid, all.list)] as const]));
  return {
    tools: Object.fromEntries(running),
    daemon: { memory: process.memoryUsage.rss() },
    machine: { memory: { total: memory.total, available: memory.available }, load: Math.round(load.currentLoad * 10) / 10, cores: load.cpus.length },
    gpus: graphics,
  };
}

/** Loaded when first asked for: it is a sixth of the daemon's memory. */
async function information(): Promise<typeof import("systeminformation")> {
  return (await import("systeminformation")).default;
}

type Row = Pick<Systeminformation.ProcessesProcessData, "pid" | "parentPid" | "cpu" | "memRss">;

/** A worker and all that descends from it. `memRss` is in KiB. */
export function useOf(pid: number, list: readonly Row[]): Use {
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const row of list) if (family.has(row.parentPid)) family.add(row.pid);
  }
  const rows = list.filter((row) => family.has(row.pid));
  const sum = (value: (row: Row) => number): number => rows.reduce((total, row) => total + value(row), 0);
  return { cpu: Math.round(sum((row) => row.cpu) * 10) / 10, memory: sum((row) => row.memRss) * 1024, processes: rows.length };
}

async function gpus(): Promise<Metrics["gpus"]> {
  if (!hasGpu) return [];
  const { controllers } = await (await information()).graphics();
  const cards = controllers.filter((card) => (card.memoryTotal ?? card.vram ?? 0) > 0);
  hasGpu = cards.length > 0;
  return cards.map((card) => ({
    model: card.model,
    memoryTotal: card.memoryTotal ?? card.vram ?? null,
    memoryUsed: card.memoryUsed ?? null,
    use: card.utilizationGpu ?? null,
  }));
}
