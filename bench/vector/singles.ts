import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "../../pipes/protocol/interfaces/vector.ts";
import type { Rows } from "./rows.ts";
import { Server } from "./server.ts";
import { timesOf } from "./times.ts";

const ROUNDS = 4;
const ROUND_MS = 1000;
export const IN_FLIGHT = 32;

/** Rows a second that are added one a request, each answered when it is on disk. */
export interface Singles {
  readonly durable: boolean;
  /** With vectors brought along, or made from the text. */
  readonly vectors: boolean;
  readonly oneByOne: number;
  readonly inFlight: number;
}

/** Four kinds of server and rows, taking turns. */
export async function singleRows(folder: string, rows: Rows): Promise<Singles[]> {
  const kinds = [true, false].flatMap((durable) => [true, false].map((vectors) => ({ durable, vectors, oneByOne: 0, inFlight: 0 })));
  const servers = new Map<boolean, Server>();
  for (const durable of [true, false]) servers.set(durable, await Server.start(join(folder, `durable-${durable}`), { durable }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of kinds) {
      const server = servers.get(kind.durable)!;
      const rate = async (lanes: number): Promise<number> => added(server, kind.vectors ? "brought" : "made", lanes, (n) => item(rows, n, round, kind.vectors));
      const [one, many] = [await rate(1), await rate(IN_FLIGHT)];
      if (round === 0) continue; // warms up
      kind.oneByOne += one / ROUNDS;
      kind.inFlight += many / ROUNDS;
    }
  }
  for (const server of servers.values()) await server.end();
  return kinds;
}

/** How long this disk takes to say that four thousand bytes are on it, in ms: what a durable row cannot be faster than. */
export function syncTime(folder: string): number {
  const file = openSync(join(folder, "sync"), "w");
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - begun;
  });
  closeSync(file);
  return timesOf(times).p50;
}

async function added(server: Server, collection: string, lanes: number, next: (number: number) => Item): Promise<number> {
  let count = 0;
  const begun = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - begun < ROUND_MS) await server.client.call("add", { collection, ...next(count++) });
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return count / ((performance.now() - begun) / 1000);
}

function item(rows: Rows, number: number, round: number, withVector: boolean): Item {
  const { vector, ...rest } = rows.item(number % rows.count, 1 + round * 1000 + Math.floor(number / rows.count));
  return withVector ? { ...rest, vector: vector! } : rest;
}
