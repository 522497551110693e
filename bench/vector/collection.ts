import { join } from "node:path";
import { idOf, Rows } from "./rows.ts";
import { crowd, recallAt10, type Searches, timeSearches, whileAdding } from "./searches.ts";
import { COLLECTION, Server } from "./server.ts";
import { DIMENSIONS } from "./clusters.ts";
import type { Times } from "./times.ts";
import type { Words } from "./words.ts";

const CHURN_ROUNDS = 20;
const CROWD_MS = 4000;

/** A collection of so many rows, from its first to its last. Times in ms, sizes in bytes. */
export interface Measured {
  readonly rows: number;
  /** Rows a second, by requests of a few hundred. */
  readonly addMany: number;
  readonly memoryPerRow: number;
  readonly diskPerRow: number;
  readonly searches: Searches;
  readonly recall: number;
  readonly crowd: Times & { readonly perSecond: number };
  readonly whileAdding: Times;
  /** Memory and file after each round in which a tenth of the rows was deleted and as many were added. */
  readonly churn: ReadonlyArray<{ readonly memory: number; readonly disk: number }>;
  /** From the start of a process whose predecessor was killed to the first answer of a search. */
  readonly reopen: number;
}

export async function measure(folder: string, count: number, words: Words, say: (text: string) => void): Promise<Measured> {
  say(`${count} rows: making them`);
  const rows = new Rows(count, words);
  const server = await Server.start(join(folder, `rows-${count}`), {});
  await server.client.call("create", { collection: COLLECTION, dimensions: DIMENSIONS });
  const before = { memory: server.memory, disk: server.disk };
  say(`${count} rows: adding`);
  const begun = performance.now();
  await server.addMany(count, (from, to) => rows.items(from, to));
  const addMany = count / ((performance.now() - begun) / 1000);
  const [memoryPerRow, diskPerRow] = [(server.memory - before.memory) / count, (server.disk - before.disk) / count];
  say(`${count} rows: searching`);
  const searches = await timeSearches(server, rows);
  const recall = await recallAt10(server, rows);
  const together = await crowd(server, CROWD_MS);
  const during = await whileAdding(server, rows);
  say(`${count} rows: deleting and adding`);
  const churn = await churned(server, rows);
  const reopen = await reopened(server, rows);
  return { rows: count, addMany, memoryPerRow, diskPerRow, searches, recall, crowd: together, whileAdding: during, churn, reopen };
}

async function churned(server: Server, rows: Rows): Promise<Array<{ memory: number; disk: number }>> {
  const share = Math.floor(rows.count / 10);
  const copies = new Uint16Array(rows.count);
  const seen: Array<{ memory: number; disk: number }> = [];
  for (let round = 0; round < CHURN_ROUNDS; round++) {
    const first = (round % 10) * share;
    await server.call("delete", { ids: Array.from({ length: share }, (_, i) => idOf(first + i, copies[first + i])) });
    copies.fill(round + 1, first, first + share);
    await server.addMany(share, (from, to) => rows.items(first + from, first + to, round + 1));
    seen.push({ memory: server.memory, disk: server.disk });
  }
  const { count } = (await server.call("count", {})) as { count: number };
  if (count !== rows.count) throw new Error(`${rows.count} rows were expected after as many had been added as deleted, and there are ${count}`);
  return seen;
}

async function reopened(server: Server, rows: Rows): Promise<number> {
  await server.end("SIGKILL");
  const begun = performance.now();
  const next = await Server.start(server.folder, {});
  await next.search({ mode: "vector", vector: rows.query(0), k: 10 });
  const took = performance.now() - begun;
  await next.end();
  return took;
}
