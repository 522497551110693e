import { once } from "node:events";
import { join } from "node:path";
import { weightDefaults } from "../../pipes/protocol/settings/vector.ts";
import { parseFilter } from "../../servers/vector/filter.ts";
import { Collection } from "../../servers/vector/store/collection.ts";
import { search } from "../../servers/vector/store/search.ts";
import { here, start } from "../processes.ts";
import { exactNearest, recallOf } from "./exact.ts";
import { rowOf, type Rows } from "./rows.ts";
import type { Server } from "./server.ts";
import { takeTurns, type Times, timesOf } from "./times.ts";

const K = 10;
const QUERIES = 200;
const FILTERS = { tenth: { lang: "l3" }, hundredth: { stars: 7 } } as const;
export const CLIENTS = 8;

/** All in ms; `…Inside` is the same search in this process, on a copy of the collection. */
export interface Searches {
  readonly ping: Times;
  readonly vector: Times;
  readonly vectorInside: Times;
  readonly tenth: Times;
  readonly tenthInside: Times;
  readonly hundredth: Times;
  readonly hundredthInside: Times;
  readonly words: Times;
  readonly wordsInside: Times;
  readonly hybrid: Times;
  readonly hybridInside: Times;
}

/** Searches over the pipe and in this process, taking turns. */
export async function timeSearches(server: Server, rows: Rows): Promise<Searches> {
  const copy = join(server.folder, "copy.sqlite");
  await server.call("backup", { path: copy });
  const collection = await Collection.open(copy, { durable: false });
  const vectors = Array.from({ length: QUERIES }, (_, i) => rows.query(i));
  const texts = vectors.map((_, i) => rows.words(i));
  const inside = (turn: number, mode: "vector" | "text" | "hybrid", filter?: object): unknown =>
    search(collection, {
      query: mode === "vector" ? null : texts[turn % QUERIES]!,
      vector: mode === "text" ? null : Float32Array.from(vectors[turn % QUERIES]!),
      k: K,
      mode,
      filter: filter === undefined ? null : parseFilter(filter),
      weights: weightDefaults.model,
    });
  const vector = (turn: number): number[] => vectors[turn % QUERIES]!;
  try {
    return await takeTurns(
      {
        ping: () => server.client.call("ping"),
        vector: (turn) => server.search({ mode: "vector", vector: vector(turn), k: K }),
        vectorInside: (turn) => inside(turn, "vector"),
        tenth: (turn) => server.search({ mode: "vector", vector: vector(turn), k: K, filter: FILTERS.tenth }),
        tenthInside: (turn) => inside(turn, "vector", FILTERS.tenth),
        hundredth: (turn) => server.search({ mode: "vector", vector: vector(turn), k: K, filter: FILTERS.hundredth }),
        hundredthInside: (turn) => inside(turn, "vector", FILTERS.hundredth),
        words: (turn) => server.search({ mode: "text", query: texts[turn % QUERIES], k: K }),
        wordsInside: (turn) => inside(turn, "text"),
        hybrid: (turn) => server.search({ query: texts[turn % QUERIES], vector: vector(turn), k: K }),
        hybridInside: (turn) => inside(turn, "hybrid"),
      },
      { rounds: 8, ms: 250 },
    );
  } finally {
    await collection.close();
  }
}

/** The share of the ten nearest, by an exact search of 32-bit floats, that ours gives; over so many queries. */
export async function recallAt10(server: Server, rows: Rows): Promise<number> {
  let sum = 0;
  for (let i = 0; i < QUERIES; i++) {
    const hits = await server.search({ mode: "vector", vector: rows.query(i), k: K });
    sum += recallOf(hits.map(({ id }) => rowOf(id)), exactNearest(rows.clusters, Float32Array.from(rows.query(i)), K));
  }
  return sum / QUERIES;
}

/** Processes that search at once, one query after the other each. */
export async function crowd(server: Server, ms: number): Promise<Times & { readonly perSecond: number }> {
  const clients = Array.from({ length: CLIENTS }, (_, i) => start(here("vector-client.js"), [server.folder, String(i)], server.folder));
  await Promise.all(clients.map((client) => client.line("ready")));
  const ask = async (time: number): Promise<number[]> => {
    const answers = clients.map((client) => client.line(/^\[/));
    for (const { child } of clients) child.stdin?.write(`${time}\n`);
    return (await Promise.all(answers)).flatMap((line) => JSON.parse(line) as number[]);
  };
  await ask(ms / 4);
  const times = await ask(ms);
  const gone = clients.map(({ child }) => once(child, "close"));
  for (const { child } of clients) child.stdin?.end();
  await Promise.all(gone);
  return { ...timesOf(times), perSecond: times.length / (ms / 1000) };
}

/** Searches while rows are added as fast as they are taken; those are deleted again afterwards. */
export async function whileAdding(server: Server, rows: Rows): Promise<Times> {
  const count = Math.min(rows.count, 10_000);
  const copy = 1_000_000;
  const work = { adding: true };
  const added = server.addMany(count, (from, to) => rows.items(from, to, copy)).finally(() => (work.adding = false));
  const times: number[] = [];
  for (let turn = 0; work.adding; turn++) {
    const begun = performance.now();
    await server.search({ mode: "vector", vector: rows.query(turn), k: K });
    times.push(performance.now() - begun);
  }
  await added;
  await server.call("delete", { ids: rows.items(0, count, copy).map(({ id }) => id) });
  return timesOf(times);
}
