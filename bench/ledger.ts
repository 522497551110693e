import { spawnSync } from "node:child_process";
import { constants, openSync, readFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { composeLedger, passageOf } from "../pipes/rpc/ledger-format.ts";
import { writeMappable } from "../pipes/transport/mapping.ts";
import { startEcho } from "./processes.ts";
import { createLines } from "./ways.ts";

export interface LedgerCost {
  /** Requests that are written together. */
  readonly together: number;
  /** Microseconds of the server's processor time for each. */
  readonly without: number;
  readonly with: number;
}

const ROUNDS = 30;
const REQUESTS = 4000;

/** What it costs a server to write down what it reads from the shared pipe. The two take turns, so that a drift of the machine meets both. */
export async function ledgerCost(folder: string): Promise<LedgerCost[]> {
  if (process.platform !== "linux") return []; // nothing else tells how long one thread has run
  const path = `${folder}/ledger`;
  writeMappable(path, composeLedger([], Buffer.alloc(0)));
  spawnSync("mkfifo", [passageOf(path)]);
  const plain = await subscribe(folder, "plain", await startEcho(folder, "plain", {}));
  const kept = await subscribe(folder, "kept", await startEcho(folder, "kept", { PIPE_TOOLS_LEDGER: path }));
  const rows: LedgerCost[] = [];
  for (const together of [1, 100]) {
    const samples = { without: [] as number[], with: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      const turn = { without: await plain(together), with: await kept(together) };
      if (round === 0) continue; // warms up
      samples.without.push(turn.without);
      samples.with.push(turn.with);
    }
    rows.push({ together, without: median(samples.without), with: median(samples.with) });
  }
  return rows;
}

/** A client without a lane; the function asks so many pings together, again and again, and gives the processor time for each in µs. */
async function subscribe(folder: string, name: string, pid: number): Promise<(together: number) => Promise<number>> {
  const down = `${folder}/tool-${name}-${process.pid}`;
  spawnSync("mkfifo", [down]);
  const input = new Socket({ fd: openSync(down, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
  const output = openSync(`${folder}/tool-${name}`, constants.O_WRONLY);
  let left = 0;
  let done: () => void = () => undefined;
  createLines(input, () => --left === 0 && done());
  input.unref();
  const ask = async (cmd: string, together: number): Promise<void> => {
    const answered = new Promise<void>((resolve) => (done = resolve));
    left = together;
    writeSync(output, `${JSON.stringify({ pid: process.pid, cmd, req_id: 1 })}\n`.repeat(together));
    await answered;
  };
  await ask("subscribe", 1);
  return async (together) => {
    const before = runTime(pid);
    for (let asked = 0; asked < REQUESTS; asked += together) await ask("ping", together);
    return (runTime(pid) - before) / REQUESTS / 1000;
  };
}

/** How long a process's main thread has run, in ns. Source: Documentation/scheduler/sched-stats.rst */
function runTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
