import { statSync } from "node:fs";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Space } from "../backend.ts";
import type { Filter } from "../filter.ts";
import type { Terms } from "../terms.ts";
import { Database } from "./database.ts";
import { type Digest, packDigest } from "./digest.ts";
import { deleteFields, Filters, insertFields } from "./fields.ts";
import { load } from "./load.ts";
import { Memory } from "./memory.ts";
import type { RowSet } from "./rowset.ts";

/** A row on its way in, with all that was made from its text. */
export interface Prepared {
  readonly id: string;
  readonly text: string;
  readonly metadata?: object;
  readonly terms: Terms;
  /** Of any length; null in a collection without vectors. */
  readonly vector: Float32Array | null;
  /** The vector is written down as it is: nothing gives it back for nothing. */
  readonly keepsVector: boolean;
  /** The indexed file that it is a passage of. */
  readonly file?: number;
}

/** A row as it is on disk. */
export interface Stored {
  readonly row: number;
  readonly id: string;
  readonly text: string;
  readonly metadata?: object;
  readonly vector: Float32Array | null;
}

export interface OpenOptions {
  readonly durable: boolean;
  readonly onProgress?: (value: number, total: number) => void;
}

/** A change of memory that follows when what it belongs to is on disk. */
type Step = { readonly row: number; readonly before: Digest | null; readonly after: Digest | null };

/**
 * One collection: SQLite has all of it, memory has what search needs, and what is in memory was on disk before. All but opening is
 * synchronous and belongs on a thread that owns no pipe.
 */
export class Collection {
  readonly db: Database;
  readonly memory: Memory;
  readonly #filters: Filters;
  #space: Space | null;

  /** @throws ToolError `data-damaged`, `data-locked`, `file-failed`, `disk-full` */
  static async open(path: string, { durable, onProgress }: OpenOptions): Promise<Collection> {
    const db = new Database(path, { durable });
    try {
      const space = readSpace(db);
      const memory = new Memory(space?.dimensions ?? null);
      await load(db, memory, onProgress ?? (() => undefined));
      return new Collection(db, memory, space);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  private constructor(db: Database, memory: Memory, space: Space | null) {
    this.db = db;
    this.memory = memory;
    this.#filters = new Filters(db);
    this.#space = space;
  }

  get space(): Space | null {
    return this.#space;
  }

  get size(): number {
    return this.memory.live.size;
  }

  /** On disk, what is not yet in its main file included. */
  get bytes(): number {
    return [this.db.path, `${this.db.path}-wal`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  /** Says once and for all what makes its vectors. */
  settle(space: Space): void {
    this.db.transaction(() => this.db.setMeta("space", JSON.stringify(space)));
    this.#space = space;
    this.memory.settle(space.dimensions);
  }

  /**
   * Removes rows, then puts others, which replace those of the same id: on disk all of it or nothing, and found by the next search when
   * this has returned. `also` is part of it.
   */
  write({ remove = [], put = [], also }: { remove?: Iterable<number>; put?: readonly Prepared[]; also?: () => void }): void {
    const steps: Step[] = [];
    const taken: number[] = [];
    try {
      this.db.transaction(() => {
        for (const row of remove) steps.push(this.#remove(row));
        for (const each of put) steps.push(this.#put(each, taken));
        also?.();
      });
    } catch (error) {
      for (const row of taken) this.memory.free(row);
      throw error;
    }
    this.#filters.forget();
    for (const { row, before, after } of steps) this.memory.change(row, before, after);
  }

  /** The rows that have these ids; ids that nothing has are left out. */
  rowsOf(ids: readonly string[]): number[] {
    const find = this.db.sql("select id from row where name = ?");
    return ids.flatMap((id) => find.get(id)?.["id"] as number | undefined ?? []);
  }

  rowsMatching(filter: Filter): RowSet {
    return this.#filters.rows(filter, this.memory.live);
  }

  /** In the order of `rows`. */
  read(rows: readonly number[]): Stored[] {
    const read = this.db.sql("select row.id, name, text, metadata, vector from row left join vector on vector.id = row.id where row.id = ?");
    return rows.flatMap((row) => {
      const found = read.get(row);
      return found === undefined ? [] : [storedFrom(found)];
    });
  }

  /** The next rows from this one on. */
  readFrom(row: number, limit: number): Stored[] {
    return this.db.sql("select row.id, name, text, metadata, vector from row left join vector on vector.id = row.id where row.id >= ? order by row.id limit ?").all(row, limit).map(storedFrom);
  }

  close(): void {
    this.db.close();
  }

  #remove(row: number): Step {
    const found = this.db.sql("select metadata from row where id = ?").get(row);
    if (found === undefined) throw new ToolError("not-found", { what: "row", name: String(row) });
    deleteFields(this.db, row, metadataFrom(found));
    const before = this.memory.digestOf(this.db, row);
    for (const table of ["row", "digest", "vector"]) this.db.sql(`delete from ${table} where id = ?`).run(row);
    return { row, before, after: null };
  }

  #put({ id, text, metadata, terms, vector, keepsVector, file }: Prepared, taken: number[]): Step {
    const found = this.db.sql("select id, metadata from row where name = ?").get(id);
    let row = found?.["id"] as number | undefined;
    const before = row === undefined ? null : this.memory.digestOf(this.db, row);
    if (row === undefined) taken.push((row = this.memory.take()));
    else deleteFields(this.db, row, metadataFrom(found!));
    const after = { code: vector === null ? null : this.memory.encode(vector), terms };
    this.db.sql("insert or replace into row values (?, ?, ?, ?, ?)").run(row, id, text, metadata === undefined ? null : JSON.stringify(metadata), file ?? null);
    this.db.sql("insert or replace into digest values (?, ?)").run(row, packDigest(after));
    if (vector !== null && keepsVector) this.db.sql("insert or replace into vector values (?, ?)").run(row, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    else if (before !== null) this.db.sql("delete from vector where id = ?").run(row);
    insertFields(this.db, row, metadata);
    return { row, before, after };
  }
}

function readSpace(db: Database): Space | null {
  const text = db.meta("space");
  return text === null ? null : (JSON.parse(text) as Space);
}

function storedFrom(found: Readonly<Record<string, unknown>>): Stored {
  const metadata = metadataFrom(found);
  const bytes = found["vector"] as Uint8Array | null;
  return {
    row: found["id"] as number,
    id: found["name"] as string,
    text: found["text"] as string,
    ...(metadata === undefined ? {} : { metadata }),
    vector: bytes === null ? null : floatsOf(bytes),
  };
}

/** Copied only where the bytes do not begin at a place where a float may. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

function metadataFrom(found: Readonly<Record<string, unknown>>): object | undefined {
  const text = found["metadata"] as string | null;
  return text === null ? undefined : (JSON.parse(text) as object);
}
