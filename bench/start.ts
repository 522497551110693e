import { existsSync } from "node:fs";
import { here, timed } from "./processes.ts";
import { printTables, type Table } from "./tables.ts";

/** From start to end in ms, beside a Node that does nothing and was started in the same turn. */
export interface Start {
  readonly command: string;
  readonly median: number;
  /** Median of the differences, each of two that were started one after the other. */
  readonly over: number;
  /** What nine of ten differences stay below. */
  readonly most: number;
  /** Median of the ratios, which a busy machine leaves as they are. */
  readonly ratio: number;
}

const TURNS = 41;
const NOTHING = ["-e", "0"];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "cpipe --version": ["--version"],
  "cpipe --list": ["--list"],
  "cpipe --complete (a TAB)": ["--complete", "echo", ""],
  "cpipe echo ping": ["echo", "ping"],
  "cpipe echo echo hello": ["echo", "echo", "hello"],
};

/** Starts each command many times, in turn with all others, so that a drift of the machine meets them all alike. An echo server has to run. */
export function measureStarts(folder: string): Start[] {
  const cpipe = here("../cpipe.cjs");
  if (!existsSync(cpipe)) return [];
  const programs = Object.entries(COMMANDS).map(([command, words]) => ({ command, args: [cpipe, ...words], all: [] as number[], over: [] as number[], ratios: [] as number[] }));
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const { args, all, over, ratios } of programs) {
      const nothing = timed(NOTHING, folder);
      const time = timed(args, folder);
      if (turn === 0) continue; // what is read from the disk for the first time
      all.push(time);
      over.push(time - nothing);
      ratios.push(time / nothing);
    }
  }
  return programs.map(({ command, all, over, ratios }) => ({ command, median: quantile(all, 0.5), over: quantile(over, 0.5), most: quantile(over, 0.9), ratio: quantile(ratios, 0.5) }));
}

export function printStarts(starts: readonly Start[]): void {
  if (starts.length === 0) return console.log("\ndist/cpipe.cjs is not built: its start was not measured");
  printTables([startsTable(starts)]);
}

function startsTable(starts: readonly Start[]): Table {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return { title: "A command from start to end, and what it takes beside `node -e 0`", head: ["", "median", "over Node", "nine of ten", "of Node's own"], rows: starts.map(({ command, median, over, most, ratio }) => [command, ms(median), ms(over), ms(most), ratio.toFixed(2)]) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
