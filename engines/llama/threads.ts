import { availableParallelism } from "node:os";
import type { Llama } from "node-llama-cpp";

/**
 * How many threads make a model fastest here, found by trying: llama.cpp's threads spin, so one too many for what
 * the machine has to spare costs a factor of ten and more. Doubles from one up to the cores and stops at the first count
 * that is no faster. Takes about 0.1 s a try with a small model, two runs a try with a large one.
 */
export async function measureThreads(open: OpenTrial, limit: number): Promise<Measured> {
  const begun = performance.now();
  let best: Measured | null = null;
  for (const threads of candidates(limit)) {
    const milliseconds = await timeOf(open, threads, best === null);
    const better = best === null || milliseconds < best.milliseconds * WORTHWHILE;
    if (!better) break;
    best = { threads, milliseconds };
    if (performance.now() - begun > BUDGET_MS) break;
  }
  return best!;
}

export interface Measured {
  readonly threads: number;
  /** Median time of one run. */
  readonly milliseconds: number;
}

/** A small piece of what the model is loaded for, set up to be done again and again with so many threads. */
export type OpenTrial = (threads: number) => Promise<Trial>;
export interface Trial {
  run(): Promise<unknown>;
  close(): Promise<void>;
}

/** One more core than there is, and a token may never come; so never more than the process may use, nor than compute well. */
export function coreLimit(llama?: Llama): number {
  const available = Math.max(1, availableParallelism());
  return llama === undefined || llama.cpuMathCores < 1 ? available : Math.min(available, llama.cpuMathCores);
}

/** 1, 2, 4, … and the limit itself. */
export function candidates(limit: number): number[] {
  const counts = [];
  for (let count = 1; count < limit; count *= 2) counts.push(count);
  return [...counts, limit];
}

const BUDGET_MS = 1500;
const TRY_MS = 100;
const MAX_RUNS = 24;
/** A larger count has to be this much faster, or the cores are better left to others. */
const WORTHWHILE = 0.93;

/** The first run after a load also reads weights from disk, so it does not count. */
async function timeOf(open: OpenTrial, threads: number, first: boolean): Promise<number> {
  const trial = await open(threads);
  try {
    if (first) await trial.run();
    const times: number[] = [];
    const begun = performance.now();
    for (let now = begun; times.length < 2 || (times.length < MAX_RUNS && now - begun < TRY_MS); ) {
      await trial.run();
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  } finally {
    await trial.close();
  }
}
