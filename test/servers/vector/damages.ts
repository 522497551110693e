import { spawnSync } from "node:child_process";
import { closeSync, copyFileSync, fstatSync, mkdirSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";

/** What can happen to the file of a collection that was sound; `path` is where it lies. */
export interface Damage {
  /** What is said of it. */
  readonly reason: RegExp;
  readonly code?: "data-damaged" | "unsafe-file";
  /** It is found only by whoever reads or writes just there: until then the collection can be used. */
  readonly late?: true;
  do(path: string): void;
}

const MALFORMED = /malformed|not a database|what search needs of a row|it has \d+ rows|no such table|is no JSON|another length|has no name or no text/;
const PAGE = 4096;

/** By the names of the collections that they are done to. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  magic: { reason: /it is not an SQLite database/, do: (path) => overwrite(path, 0, 8) },
  pagesize: { reason: MALFORMED, do: (path) => overwrite(path, 16, 2) },
  schema: { reason: MALFORMED, do: (path) => overwrite(path, 100, 200) },
  ...Object.fromEntries([0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((share) => [`page${share * 100}`, { reason: MALFORMED, late: true, do: (path: string) => overwrite(path, Math.floor((sizeOf(path) / PAGE) * share) * PAGE, PAGE) } satisfies Damage])),
  half: { reason: MALFORMED, late: true, do: (path) => truncateSync(path, Math.floor(sizeOf(path) / 2)) },
  stump: { reason: /it is not an SQLite database/, do: (path) => truncateSync(path, 60) },
  empty: { reason: /it is empty/, do: (path) => truncateSync(path, 0) },
  garbage: { reason: /it is not an SQLite database/, do: (path) => writeFileSync(path, Buffer.alloc(50_000, 0xa5)) },
  foreign: { reason: /it is a database of another program/, do: foreign },
  newer: { reason: /its format is 2, this version reads 1.*Use the version of pipe-tools/, do: (path) => change(path, "pragma user_version = 2") },
  folder: { reason: /is not a regular file/, code: "unsafe-file", do: (path) => (rmSync(path), mkdirSync(path)) },
  link: { reason: /is not a regular file/, code: "unsafe-file", do: (path) => (copyFileSync(path, `${path}.target`), rmSync(path), symlinkSync(`${path}.target`, path)) },
  nowhere: { reason: /is not a regular file/, code: "unsafe-file", do: (path) => (rmSync(path), symlinkSync(`${path}.nothing`, path)) },
  fifo: { reason: /is not a regular file/, code: "unsafe-file", do: (path) => (rmSync(path), spawnSync("mkfifo", [path])) },
  logfifo: { reason: /is not a regular file/, code: "unsafe-file", do: (path) => void spawnSync("mkfifo", [`${path}-wal`]) },
  digestlength: { reason: /what search needs of a row is not there, or not whole/, do: (path) => change(path, "update digest set digest = zeroblob(10) where id = 7") },
  digestbyte: { reason: /what search needs of a row is not there, or not whole/, do: (path) => change(path, "update digest set digest = substr(digest, 1, 40) || x'ff' || substr(digest, 42) where id = 7") },
  digesttext: { reason: /what search needs of a row is not there, or not whole/, do: (path) => change(path, "update digest set digest = 'text' where id = 7") },
  digestmissing: { reason: /it has 200 rows, and what search needs of 199/, do: (path) => change(path, "delete from digest where id = 7") },
  digestnumber: { reason: /a row has the number/, do: (path) => change(path, "update digest set id = 1 << 52 where id = 7") },
  table: { reason: /no such table/, late: true, do: (path) => change(path, "drop table field") },
  space: { reason: /what makes its vectors is no JSON/, do: (path) => change(path, "update meta set value = '{' where key = 'space'") },
  spaceshape: { reason: /what makes its vectors is not said: \{"embedder":null,"dimensions":1e9\}/, do: (path) => change(path, `update meta set value = '{"embedder":null,"dimensions":1e9}' where key = 'space'`) },
  options: { reason: /how a folder is indexed is no JSON/, do: (path) => change(path, "update folder set options = 'follow'") },
  optionsshape: { reason: /how a folder is indexed is not said: 5/, do: (path) => change(path, "update folder set options = '5'") },
  metadata: { reason: /the metadata of a row is no JSON/, late: true, do: (path) => change(path, "update row set metadata = '{\"a\"' where name = 'id7'") },
  metadatashape: { reason: /the metadata of a row is no object/, late: true, do: (path) => change(path, "update row set metadata = '7' where name = 'id7'") },
  vector: { reason: /a vector is of another length/, late: true, do: (path) => change(path, "update vector set vector = x'0102' where id = 7") },
  text: { reason: /a row has no name or no text/, late: true, do: (path) => change(path, "update row set text = x'0102' where name = 'id7'") },
};

export function overwrite(path: string, at: number, length: number): void {
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.alloc(length, 0xa5), 0, length, at);
  closeSync(fd);
}

export function sizeOf(path: string): number {
  const fd = openSync(path, "r");
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function foreign(path: string): void {
  rmSync(path);
  change(path, "create table notes (text); insert into notes values ('mine')");
}
