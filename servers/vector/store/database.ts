import { constants } from "node:os";
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from "@photostructure/sqlite";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { collectGarbage } from "./garbage.ts";
import { checkFile, damaged, diskFull, fileError, isThere } from "./file.ts";
import { makeFile } from "./making.ts";

const SCHEMA = `
  create table meta (key text primary key, value text) without rowid;
  -- What people have added. The id is the row's place in memory, too; name is what they call it.
  create table row (id integer primary key, name text not null unique, text text not null, metadata text, file integer);
  create index row_by_file on row (file) where file is not null;
  -- What search needs in memory, see digest.ts; in a table of its own, so that opening a collection does not read the texts.
  create table digest (id integer primary key, digest blob not null);
  -- Vectors as they came, 32-bit floats; not kept where the text gives them back for nothing.
  create table vector (id integer primary key, vector blob not null);
  -- Metadata, to be filtered by: see fields.ts. The value has no type of its own, or SQLite would take "1" for 1.
  create table field (key text, kind integer, value, row integer, primary key (key, kind, value, row)) without rowid;
  -- Folders that are indexed, and the files in them as they were taken in.
  create table folder (id integer primary key, path text not null unique, options text not null);
  create table file (id integer primary key, folder integer not null, path text not null, size integer, mtime real, read real, hash text, unique (folder, path));
`;

/** The SQLite file of one collection. Its errors have names: `data-damaged`, `disk-full`, `file-failed`. */
export class Database {
  readonly path: string;
  readonly #db: DatabaseSyncInstance;
  readonly #statements = new Map<string, Statement>();
  #isOpen = true;
  #damage: string | null = null;

  /** Opens the file, or makes it. `durable`: what was written outlives a power cut, not only the end of this process. */
  static async open(path: string, { durable, create = true }: { durable: boolean; create?: boolean }): Promise<Database> {
    const db = new Database(path, create);
    try {
      db.#setUp(durable);
      return db;
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  private constructor(path: string, create: boolean) {
    this.path = path;
    this.#db = this.#named(() => {
      if (create && !isThere(path)) makeFile(path, SCHEMA);
      checkFile(path);
      return new DatabaseSync(path);
    });
  }

  /** What SQLite has come upon since the file was opened, though other parts of it may be sound; null: nothing. */
  get damage(): string | null {
    return this.#damage;
  }

  /** A prepared statement, made once. */
  sql(source: string): Statement {
    let statement = this.#statements.get(source);
    if (statement === undefined) {
      statement = new Statement(this.#named(() => this.#db.prepare(source)), (act) => this.#named(act));
      this.#statements.set(source, statement);
    }
    return statement;
  }

  /** All of it, or nothing. When this has returned, it is on disk. */
  transaction<T>(work: () => T): T {
    this.#named(() => this.#db.exec("begin immediate"));
    try {
      const result = work();
      this.#named(() => this.#db.exec("commit"));
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#isOpen && this.#db.isTransaction) this.#named(() => this.#db.exec("rollback"));
      throw error;
    }
  }

  /** A copy as of now, in one file. @throws ToolError `disk-full` and `file-failed` about that file, `data-damaged` about this one */
  copyTo(path: string): void {
    this.#named(() => this.#db.prepare("vacuum into ?").run(path), path);
  }

  /** Reads every page. @throws ToolError `data-damaged` */
  check(): void {
    const found = this.sql("pragma quick_check(1)").all()[0]?.["quick_check"];
    if (found !== "ok") throw this.damaged(String(found));
  }

  meta(key: string): string | null {
    const found = this.sql("select value from meta where key = ?").get(key);
    return found === undefined ? null : (found["value"] as string);
  }

  setMeta(key: string, value: string): void {
    this.sql("insert or replace into meta values (?, ?)").run(key, value);
  }

  /**
   * Resolves when the file is free. To close a connection is not enough: this library lets go of its statements only when they are
   * garbage, and as long as there is one, SQLite keeps the lock, and at the end of it all removes the log by its name, be it another's by then.
   */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    const isLeft = this.#leave();
    this.#isOpen = false;
    this.#statements.clear();
    try {
      this.#db.close();
    } finally {
      if (!isLeft) await collectGarbage();
    }
  }

  /** Something in it is not as this program writes it. */
  damaged(reason: string): ToolError {
    const error = damaged(this.path, reason);
    this.#damage ??= error.message;
    return error;
  }

  /** What a column of JSON says. @throws ToolError `data-damaged` where it is none */
  parse(text: unknown, what: string): unknown {
    try {
      return JSON.parse(text as string);
    } catch (error) {
      throw this.damaged(`${what} is no JSON: ${(error as Error).message}`);
    }
  }

  #setUp(durable: boolean): void {
    this.#named(() => {
      // There is one connection, and one process: no other may come in between, and no shared memory file is needed.
      this.#db.exec("pragma locking_mode = exclusive; pragma journal_mode = wal");
      this.#db.exec(`pragma synchronous = ${durable ? "full" : "normal"}; pragma cache_size = -16000; pragma journal_size_limit = 16777216; pragma temp_store = memory`);
    });
  }

  /** Puts all of it into the one file, and gives up the lock; false where that cannot be, as on a full disk. */
  #leave(): boolean {
    try {
      this.#db.exec("pragma journal_mode = delete; pragma locking_mode = normal; select count(*) from sqlite_schema");
      return this.#db.prepare("pragma journal_mode").get()?.["journal_mode"] === "delete";
    } catch {
      return false; // and is whole all the same: the log stays beside it
    }
  }

  #named<T>(act: () => T, written = this.path): T {
    try {
      return act();
    } catch (error) {
      throw this.#nameOf(error, written);
    }
  }

  #nameOf(thrown: unknown, written: string): unknown {
    if (!this.#isOpen) return new ToolError("cancelled", { reason: "the collection was closed meanwhile" }, { cause: thrown });
    const { code: name, errcode, systemErrno, message: reason } = thrown as { code?: unknown; errcode?: unknown; systemErrno?: unknown; message: string };
    if (name !== "ERR_SQLITE_ERROR") return isOfSystem(thrown) ? fileError(thrown, written) : thrown;
    const code = typeof errcode === "number" ? errcode : (CODES.get(reason) ?? 0);
    if ((code & 0xff) === FULL || (typeof systemErrno === "number" && NO_ROOM.has(systemErrno))) return diskFull(written, thrown);
    switch (code & 0xff) {
      case CORRUPT:
      case NOT_A_DATABASE:
        return this.damaged(reason);
      case WRONG: // all that is asked is written down here, so it is the tables that are wrong, unless it is about another file
        return written === this.path ? this.damaged(reason) : new ToolError("file-failed", { path: written, reason }, { cause: thrown });
      case BUSY:
        return new ToolError("data-locked", { path: this.path, hint: "One process at a time can open a collection" }, { cause: thrown });
      default:
        return new ToolError("file-failed", { path: written, reason }, { cause: thrown });
    }
  }
}

/** Source: sqlite.org/rescode.html */
const WRONG = 1;
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;
/** Some errors of this library come without a code; these are SQLite's sentences for those that are told apart here. */
const CODES: ReadonlyMap<string, number> = new Map([
  ["database is locked", BUSY],
  ["database disk image is malformed", CORRUPT],
  ["database or disk is full", FULL],
  ["file is not a database", NOT_A_DATABASE],
]);
const NO_ROOM: ReadonlySet<number> = new Set([constants.errno.ENOSPC, constants.errno.EDQUOT]);

function isOfSystem(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}

type Value = string | number | null | Uint8Array;
type Fields = Readonly<Record<string, unknown>>;

/** A statement whose errors have names. */
class Statement {
  readonly #statement: StatementSyncInstance;
  readonly #named: <T>(act: () => T) => T;

  constructor(statement: StatementSyncInstance, named: <T>(act: () => T) => T) {
    this.#statement = statement;
    this.#named = named;
  }

  run(...values: Value[]): void {
    this.#named(() => this.#statement.run(...values));
  }

  /** The number of the row that was inserted. */
  insert(...values: Value[]): number {
    return this.#named(() => Number(this.#statement.run(...values).lastInsertRowid));
  }

  get(...values: Value[]): Fields | undefined {
    return this.#named(() => this.#statement.get(...values) as Fields | undefined);
  }

  all(...values: Value[]): Fields[] {
    return this.#named(() => this.#statement.all(...values) as Fields[]);
  }
}
