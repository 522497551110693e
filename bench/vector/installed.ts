import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";

/** Where scripts/bench.mjs puts the rivals; see rivals/package.json. */
const HOME = join(process.cwd(), "node_modules/.bench-rivals/package.json");
const load = createRequire(HOME);

/** Of each rival only what is called here; the packages themselves are no dependency of this project. */
export interface Usearch {
  readonly Index: new (config: object) => {
    add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
    search(vector: Float32Array, count: number, threads: number): { readonly keys: BigUint64Array };
  };
}

interface LanceQuery {
  limit(count: number): LanceQuery;
  distanceType(name: string): LanceQuery;
  refineFactor(factor: number): LanceQuery;
  select(columns: readonly string[]): LanceQuery;
  toArray(): Promise<Array<{ readonly id: number }>>;
}

export interface LanceTable {
  add(rows: readonly object[]): Promise<unknown>;
  search(vector: Float32Array): LanceQuery;
  createIndex(column: string, options: object): Promise<void>;
}

export interface Lance {
  connect(path: string): Promise<{ createTable(name: string, rows: readonly object[]): Promise<LanceTable> }>;
  readonly Index: { ivfPq(options: object): unknown };
}

/** What of SQLite the ways have in common. */
export interface Sql {
  exec(source: string): unknown;
  prepare(source: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): unknown[] };
  close(): void;
}

export const usearch = (): Usearch => load("usearch") as Usearch;
export const lance = (): Lance => load("@lancedb/lancedb") as Lance;
export const libsql = (path: string): Sql => new (load("libsql") as new (path: string) => Sql)(path);

/** SQLite as this project has it, with the extension loaded. */
export function sqliteVec(path: string): DatabaseSyncInstance {
  const db = new DatabaseSync(path, { allowExtension: true });
  db.enableLoadExtension(true);
  db.loadExtension((load("sqlite-vec") as { getLoadablePath(): string }).getLoadablePath());
  return db;
}
