import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Codes } from "../../servers/vector/store/codes.ts";
import { RowSet } from "../../servers/vector/store/rowset.ts";
import { Clusters, DIMENSIONS } from "./clusters.ts";
import { exactNearest, recallOf } from "./exact.ts";
import { type Lance, lance, type LanceTable, sqliteVec, usearch } from "./installed.ts";
import { takeTurns, type Times, type Way } from "./times.ts";

const K = 10;
const QUERIES = 200;
const BATCH = 1000;

export interface VectorRival {
  readonly title: string;
  /** From nothing until it can be searched, in ms: vectors in, index built. */
  readonly build: number;
  readonly times: Times;
  readonly recall: number;
}

export interface VectorRivals {
  readonly rows: number;
  readonly rivals: readonly VectorRival[];
}

interface Contender {
  readonly title: string;
  /** Resolves to what gives the rows nearest to a query. */
  readonly open: (clusters: Clusters, folder: string) => Promise<(query: Float32Array) => number[] | Promise<number[]>>;
}

/** The search by vectors alone, in this process, beside others that have the same vectors and queries; they take turns. */
export async function measureRivals(folder: string, count: number, rivals: boolean, say: (text: string) => void): Promise<VectorRivals> {
  const clusters = new Clusters(count);
  const queries = Array.from({ length: QUERIES }, (_, i) => clusters.query(i));
  const exact = queries.map((query) => exactNearest(clusters, query, K));
  const built: Array<{ title: string; build: number; recall: number }> = [];
  const ways: Record<string, Way> = {};
  for (const { title, open } of rivals ? [OURS, ...RIVALS] : [OURS]) {
    say(`${count} vectors: ${title}`);
    const home = join(folder, `rivals-${count}-${built.length}`);
    mkdirSync(home);
    const begun = performance.now();
    const nearest = await open(clusters, home);
    const build = performance.now() - begun;
    let recall = 0;
    for (const [i, query] of queries.entries()) recall += recallOf(await nearest(query), exact[i]!) / QUERIES;
    built.push({ title, build, recall });
    ways[title] = (turn) => nearest(queries[turn % QUERIES]!);
  }
  const times = await takeTurns(ways, { rounds: 8, ms: 250 });
  return { rows: count, rivals: built.map((each) => ({ ...each, times: times[each.title]! })) };
}

const OURS: Contender = {
  title: "ours: signatures, then codes",
  async open(clusters) {
    const codes = new Codes(DIMENSIONS);
    const rows = new RowSet();
    for (let row = 0; row < clusters.rows; row++) {
      codes.set(row, codes.encode(clusters.vector(row)));
      rows.add(row);
    }
    return (query) => codes.nearest(query, rows, K).map(({ row }) => row);
  },
};

const RIVALS: readonly Contender[] = [
  {
    title: "usearch: HNSW, 32-bit floats",
    async open(clusters) {
      const index = new (usearch().Index)({ dimensions: DIMENSIONS, metric: "cos", quantization: "f32" });
      for (let from = 0; from < clusters.rows; from += BATCH) {
        const to = Math.min(from + BATCH, clusters.rows);
        index.add(BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i)), clusters.matrix.subarray(from * DIMENSIONS, to * DIMENSIONS), 0);
      }
      return (query) => Array.from(index.search(query, K, 1).keys, Number);
    },
  },
  {
    title: "sqlite-vec: every vector, on disk",
    async open(clusters, folder) {
      const db = sqliteVec(join(folder, "vec.sqlite"));
      db.exec(`pragma journal_mode = wal; create virtual table vec using vec0(embedding float[${DIMENSIONS}] distance_metric=cosine); begin`);
      const insert = db.prepare("insert into vec (rowid, embedding) values (?, ?)");
      for (let row = 0; row < clusters.rows; row++) insert.run(BigInt(row), bytesOf(clusters.vector(row)));
      db.exec("commit");
      const find = db.prepare(`select rowid from vec where embedding match ? and k = ${K}`);
      const kept = { db, find }; // a statement does not keep its database from being collected
      return (query) => (kept.find.all(bytesOf(query)) as Array<{ rowid: number }>).map(({ rowid }) => rowid);
    },
  },
  {
    title: "LanceDB: every vector",
    async open(clusters, folder) {
      const { table } = await lanceTable(clusters, folder);
      return async (query) => (await table.search(query).distanceType("cosine").limit(K).select(["id", "_distance"]).toArray()).map(({ id }) => id);
    },
  },
  {
    title: "LanceDB: IVF-PQ, refined 10 times",
    async open(clusters, folder) {
      const { table, Index } = await lanceTable(clusters, folder);
      await table.createIndex("vector", { config: Index.ivfPq({ distanceType: "cosine" }) });
      return async (query) => (await table.search(query).distanceType("cosine").refineFactor(10).limit(K).select(["id", "_distance"]).toArray()).map(({ id }) => id);
    },
  },
];

async function lanceTable(clusters: Clusters, folder: string): Promise<{ table: LanceTable; Index: Lance["Index"] }> {
  const lancedb = lance();
  const db = await lancedb.connect(folder);
  const part = (from: number, count: number): object[] => Array.from({ length: Math.min(count, clusters.rows - from) }, (_, i) => ({ id: from + i, vector: Array.from(clusters.vector(from + i)) }));
  const many = 10 * BATCH;
  const table = await db.createTable("vectors", part(0, many));
  for (let from = many; from < clusters.rows; from += many) await table.add(part(from, many));
  return { table, Index: lancedb.Index };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
