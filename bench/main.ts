import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Crowd, gather, killAll, startPeers } from "./processes.ts";
import { ledgerCost } from "./ledger.ts";
import { print, type Report } from "./report.ts";
import { measureStarts, printStarts } from "./start.ts";
import { measureSupervision } from "./supervision/measure.ts";
import { printSupervision } from "./supervision/report.ts";
import { type Asker, open, type Way, WAYS } from "./ways.ts";

const ROUNDS = 8;
const ROUND_MS = 500;
const CLIENTS = [1, 8, 64] as const;
const CROWD_ROUNDS = 4;
const CROWD_MS = 400;
/** What was asked for: `pipes`, `start`, `supervision` with all that belongs to it, or, without a word, the first and a short form of the second. */
const [part] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const json = process.argv.includes("--json");

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  if (part !== "supervision") await startPeers(folder);
  const pipes = part === undefined || part === "pipes" ? await measurePipes() : null;
  const starts = part === "supervision" ? null : measureStarts(folder);
  const supervision = part === "pipes" || part === "start" ? null : await measureSupervision(folder, part === "supervision");
  if (json) console.log(JSON.stringify({ ...pipes, ...(starts === null ? {} : { starts }), ...(supervision === null ? {} : { supervision }) }, null, 2));
  else {
    if (pipes !== null) print(pipes);
    if (starts !== null) printStarts(starts);
    if (supervision !== null) printSupervision(supervision);
  }
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}

async function measurePipes(): Promise<Report> {
  return { node: process.version, roundTrips: await roundTrips(), throughput: await throughput(), ledger: await ledgerCost(folder) };
}

/** The ways take turns in short rounds, so that a drift of the machine meets them all alike. */
async function roundTrips(): Promise<Report["roundTrips"]> {
  const askers = new Map<Way, Asker>();
  const samples = new Map<Way, number[]>();
  for (const way of WAYS) {
    askers.set(way, await open[way](folder));
    samples.set(way, []);
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [way, asker] of askers) {
      const times = await pings(asker, ROUND_MS);
      if (round > 0) samples.get(way)?.push(...times); // the first round warms up
    }
  }
  for (const asker of askers.values()) await asker.close();
  return WAYS.map((way) => {
    const sorted = Float64Array.from(samples.get(way) ?? []).sort();
    return { way, count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
  });
}

async function pings(asker: Asker, ms: number): Promise<number[]> {
  const times: number[] = [];
  for (let now = performance.now(), end = now + ms; now < end; ) {
    await asker.ping();
    const then = now;
    now = performance.now();
    times.push((now - then) * 1000);
  }
  return times;
}

async function throughput(): Promise<Report["throughput"]> {
  const ways = ["fifo", "socket", "http"] as const;
  const rows: Report["throughput"] = [];
  for (const clients of CLIENTS) {
    const crowds = new Map<Way, Crowd>();
    const counts = new Map<Way, number>();
    for (const way of ways) crowds.set(way, await gather(way, folder, clients));
    for (let round = 0; round < CROWD_ROUNDS; round++) {
      for (const [way, crowd] of crowds) counts.set(way, (counts.get(way) ?? 0) + (await crowd.run(CROWD_MS)));
    }
    await Promise.all([...crowds.values()].map((crowd) => crowd.leave()));
    for (const [way, count] of counts) rows.push({ way, clients, perSecond: count / ((CROWD_ROUNDS * CROWD_MS) / 1000) });
  }
  return rows;
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
