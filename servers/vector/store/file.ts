import { closeSync, constants, fstatSync, fsyncSync, lstatSync, openSync, readdirSync, readSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";

/** "ptve", by which SQLite files say what they belong to. */
export const APPLICATION = 0x70747665;
/** Of what is in the file, and how vectors and terms are made from it. A file of another format is refused by name. */
export const FORMAT = 1;

/** What SQLite keeps beside a file while it is open. */
export const BESIDE = ["-wal", "-shm", "-journal"] as const;

/** Whether anything has this name, a link that leads nowhere included. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Looks at a file before SQLite does, which would wait for a FIFO, follow a link, change what belongs to another program, and take an
 * empty file for a new database. @throws ToolError `data-damaged`, `unsafe-file`, `not-ours`
 */
export function checkFile(path: string): void {
  for (const ending of ["", ...BESIDE]) checkKind(path + ending);
  const head = readHead(path);
  if (head.length === 0) throw damaged(path, "it is empty");
  if (head.length < HEAD_BYTES || head.toString("latin1", 0, MAGIC.length) !== MAGIC) throw damaged(path, "it is not an SQLite database");
  if (head.readUInt32BE(APPLICATION_AT) !== APPLICATION) throw damaged(path, "it is a database of another program");
  const format = head.readUInt32BE(FORMAT_AT);
  if (format !== FORMAT) throw damaged(path, `its format is ${format}, this version reads ${FORMAT}`, "Use the version of pipe-tools that has written it, or a later one");
}

/** What a file is called while it is being made or restored. */
export const draftOf = (path: string, why: "new" | "restoring"): string => `${path}.${why}`;

const DRAFT = /\.sqlite\.(new|restoring)(-wal|-shm|-journal)?$/;

/** Removes what a process that was killed has left half. Only for whoever has the folder, before anything of it is opened. */
export function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) if (DRAFT.test(name)) rmSync(join(folder, name), { force: true });
}

/** Gives a database that is whole and closed its name. What SQLite has left beside an earlier one of this name would be taken for a part of it. */
export function putInPlace(draft: string, path: string): void {
  for (const ending of BESIDE) rmSync(path + ending, { force: true });
  syncPath(draft);
  renameSync(draft, path);
  syncPath(dirname(path));
}

/** The name goes first: a file that has lost what is beside it would be opened as it once was. A folder goes only when it is empty. */
export function removeAll(path: string): void {
  for (const each of ["", ...BESIDE].map((ending) => path + ending)) {
    if (lstatSync(each, { throwIfNoEntry: false })?.isDirectory() === true) rmdirSync(each);
    else rmSync(each, { force: true });
  }
}

/** What is at a path, a file or the names in a folder, outlives a power cut from now on. */
export function syncPath(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Something in a file is not as this program writes it. */
export function damaged(path: string, reason: string, hint = "Restore a copy that backup has made, or drop the collection and index again"): ToolError {
  return new ToolError("data-damaged", { path, reason, hint });
}

export function diskFull(path: string, cause: unknown): ToolError {
  return new ToolError("disk-full", { path, hint: "Make room on it, then send this again" }, { cause });
}

/** What went wrong with a file, by its name: an error of Node's, or of whoever has named it already. */
export function fileError(error: unknown, path: string): ToolError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(path, error);
  return ToolError.from(error, "file-failed", { path });
}

/** Source: sqlite.org/fileformat2.html, 1.3 */
const MAGIC = "SQLite format 3\0";
const HEAD_BYTES = 100;
const FORMAT_AT = 60;
const APPLICATION_AT = 68;

function checkKind(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) throw new ToolError("unsafe-file", { path, reason: "is not a regular file", hint: "It was left alone; restore a copy that backup has made, or drop the collection" });
  if (process.getuid !== undefined && found.uid !== process.getuid()) throw new ToolError("not-ours", { path, owner: found.uid, uid: process.getuid() });
}

function readHead(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, fstatSync(fd).size));
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
