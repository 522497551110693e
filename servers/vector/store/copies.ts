import { constants, copyFileSync, renameSync, statSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Collection } from "./collection.ts";
import { Database } from "./database.ts";
import { BESIDE, checkFile, damaged, draftOf, fileError, isThere, putInPlace, removeAll, syncPath } from "./file.ts";
import type { Opened } from "./opened.ts";

/** Copies a collection into a file that is not there yet, all of it or nothing. Resolves with its bytes. @throws ToolError `exists`, `disk-full`, `file-failed` */
export async function backUp({ collection, writer }: Opened, path: string): Promise<number> {
  if (isThere(path)) throw new ToolError("exists", { what: "the file", name: path, hint: "Take another name" });
  const draft = `${path}.${process.pid}.part`;
  try {
    removeAll(draft);
    await writer.alone(() => collection.db.copyTo(draft));
    syncPath(draft);
    await rename(draft, path);
    return (await stat(path)).size;
  } catch (error) {
    removeAll(draft);
    throw aboutTarget(fileError(error, path), draft, path);
  }
}

/**
 * Puts what `backUp` has written in the place of a collection that is closed. It is read whole before anything is changed, and what was
 * there is put aside, not deleted. @throws ToolError `data-damaged`, `disk-full`, `file-failed`
 */
export async function putBack(from: string, path: string, signal: AbortSignal): Promise<void> {
  const draft = draftOf(path, "restoring");
  try {
    if (!statSync(from).isFile()) throw new ToolError("file-failed", { path: from, reason: "expected a file that backup has written, got something that is no file" });
    removeAll(draft);
    checkFile(from);
    copyFileSync(from, draft, constants.COPYFILE_EXCL);
    await check(draft, signal);
    if (isThere(path)) putAside(path);
    putInPlace(draft, path);
  } catch (error) {
    removeAll(draft);
    throw aboutSource(fileError(error, isOfSource(error) ? from : path), draft, from);
  }
}

async function check(draft: string, signal: AbortSignal): Promise<void> {
  const copy = await Database.open(draft, { durable: true, create: false });
  try {
    copy.check();
  } finally {
    await copy.close();
  }
  await (await Collection.open(draft, { durable: true, signal })).close();
}

function putAside(path: string): void {
  const aside = `${path}.damaged-${Date.now()}`;
  for (const ending of ["", ...BESIDE]) if (isThere(path + ending)) renameSync(path + ending, aside + ending);
}

function aboutTarget(error: ToolError, draft: string, path: string): ToolError {
  return error.facts["path"] === draft ? new ToolError(error.code, { ...error.facts, path }, { cause: error }) : error;
}

/** What is wrong with the copy of a copy is wrong with the copy. */
function aboutSource(error: ToolError, draft: string, from: string): ToolError {
  if (error.code === "data-damaged") return damaged(from, String(error.facts["reason"]), "It is not what backup has written; take another copy");
  return aboutTarget(error, draft, from);
}

function isOfSource(error: unknown): boolean {
  return ["ENOENT", "EACCES", "EISDIR", "ELOOP", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}
