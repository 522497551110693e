import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from "@photostructure/sqlite";
import { ToolError } from "../../../pipes/protocol/errors.ts";

/** "ptve", by which SQLite files say what they belong to. */
const APPLICATION = 0x70747665;
/** Of what is in the file, and how vectors and terms are made from it. A file of another format is refused by name. */
const FORMAT = 1;

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

  /** Opens the file, or makes it. `durable`: what was written outlives a power cut, not only the end of this process. */
  constructor(path: string, { durable, create = true }: { durable: boolean; create?: boolean }) {
    this.path = path;
    this.#db = this.#named(() => {
      prepareFile(path, create);
      return new DatabaseSync(path);
    });
    try {
      this.#setUp(durable);
    } catch (error) {
      this.#db.close();
      throw error;
    }
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
      if (this.#db.isTransaction) this.#db.exec("rollback");
      throw error;
    }
  }

  /** A copy as of now, in one file. */
  copyTo(path: string): void {
    this.#named(() => this.#db.prepare("vacuum into ?").run(path));
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

  close(): void {
    this.#db.close();
  }

  /** Something in it is not as this program writes it. */
  damaged(reason: string): ToolError {
    return new ToolError("data-damaged", { path: this.path, reason, hint: "Restore a copy that backup has made, or drop the collection and index again" });
  }

  #setUp(durable: boolean): void {
    this.#named(() => {
      // There is one connection, and one process: no other may come in between, and no shared memory file is needed.
      this.#db.exec("pragma locking_mode = exclusive; pragma journal_mode = wal");
      this.#db.exec(`pragma synchronous = ${durable ? "full" : "normal"}; pragma cache_size = -16000; pragma journal_size_limit = 16777216; pragma temp_store = memory`);
    });
    const [application] = this.sql("pragma application_id").all();
    const [format] = this.sql("pragma user_version").all();
    const [tables] = this.sql("select count(*) as count from sqlite_schema").all();
    if (tables?.["count"] === 0) return this.#fill();
    if (application?.["application_id"] !== APPLICATION) throw this.damaged("it is a database of another program");
    if (format?.["user_version"] !== FORMAT) throw this.damaged(`its format is ${String(format?.["user_version"])}, this version reads ${FORMAT}`);
  }

  #fill(): void {
    this.transaction(() => this.#named(() => this.#db.exec(`${SCHEMA}; pragma application_id = ${APPLICATION}; pragma user_version = ${FORMAT}`)));
  }

  #named<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw this.#nameOf(error);
    }
  }

  #nameOf(thrown: unknown): unknown {
    const code = (thrown as { errcode?: unknown }).errcode;
    if (typeof code !== "number") return thrown;
    const reason = (thrown as Error).message;
    switch (code & 0xff) {
      case FULL:
        return new ToolError("disk-full", { path: this.path }, { cause: thrown });
      case CORRUPT:
      case NOT_A_DATABASE:
        return this.damaged(reason);
      case BUSY:
        return new ToolError("data-locked", { path: this.path, hint: "One process at a time can open a collection" }, { cause: thrown });
      default:
        return new ToolError("file-failed", { path: this.path, reason }, { cause: thrown });
    }
  }
}

/** Source: sqlite.org/rescode.html */
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

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

/** Ours alone from the first byte on, and never through a link. */
function prepareFile(path: string, create: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isFile()) throw new ToolError("unsafe-file", { path, reason: "is not a regular file" });
    if (process.getuid !== undefined && found.uid !== process.getuid()) throw new ToolError("not-ours", { path, owner: found.uid, uid: process.getuid() });
    return;
  }
  if (!create) throw new ToolError("file-failed", { path, reason: "there is no such file" });
  closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600));
}
