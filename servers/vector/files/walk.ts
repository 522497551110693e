import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Stat } from "./bytes.ts";
import { below, pathIn } from "./paths.ts";
import { findRoot } from "./root.ts";
import { judgeEntry } from "./rules/entry.ts";
import { Rules, type Selection } from "./rules/rules.ts";
import { isGone, type Skipped, skipped, unreadable } from "./skipped.ts";
import { type Pending, startingPoints } from "./starts.ts";
import { tooLarge } from "./text.ts";

export interface WalkOptions extends Selection {
  /** A file with more bytes is skipped. */
  readonly maxBytes?: number;
  /** Only these files and folders, as paths from the root; what is not there is passed over. "" is the root. */
  readonly only?: readonly string[];
  /** Ends the walk with `cancelled`, or with the ToolError that is its reason. */
  readonly signal?: AbortSignal;
  /** Called with a folder's path from the root before anything of it is read, its files of patterns included. */
  readonly beforeFolder?: (path: string) => void;
  /** Files are passed over, not even looked at. */
  readonly foldersOnly?: boolean;
}

export interface WalkedFile extends Stat {
  readonly kind: "file";
  /** From the root, with `/` between its parts. For a root that is a file: its name. */
  readonly path: string;
}
export interface WalkedFolder {
  readonly kind: "folder";
  /** From the root; "" is the root. */
  readonly path: string;
  /** Which of its entries count. */
  readonly rules: Rules;
}
export type Walked = WalkedFile | WalkedFolder | Skipped;

/** A mebibyte: what is larger was rarely written by hand. */
export const MAX_BYTES = 1 << 20;

/**
 * Every folder and file below a root that counts, and what is left out with the reason; of a folder that is left out
 * nothing below is named. In no particular order, but a folder comes before what is in it. Content is not read, links are
 * not followed. What cannot be read is skipped and not fatal; only the root has to be there.
 * @throws ToolError `file-failed` about the root, `cancelled`
 */
export async function* walk(path: string, options: WalkOptions = {}): AsyncGenerator<Walked, void, void> {
  const root = await findRoot(path);
  if (root.file !== null) {
    if (options.foldersOnly !== true) yield* lookAtFiles(root.folder, "", [root.file], options);
    return;
  }
  const pending: Pending[] = [];
  for await (const start of startingPoints(root.folder, options)) {
    if (start.kind === "folder") pending.push(start);
    else if (start.kind === "skipped") yield start;
    else if (options.foldersOnly !== true) yield* lookAtFiles(root.folder, start.folder, [start.name], options);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) yield* walkFolder(root.folder, next, pending, options);
}

async function* walkFolder(root: string, { path, name, parent }: Pending, pending: Pending[], options: WalkOptions): AsyncGenerator<Walked, void, void> {
  checkSignal(options);
  options.beforeFolder?.(path);
  const rules = parent === null ? await Rules.at(root, options) : await parent.enter(name);
  yield { kind: "folder", path, rules };
  try {
    for await (const entries of inBatches(await opendir(join(root, path), { bufferSize: BATCH }))) {
      checkSignal(options);
      const files: string[] = [];
      for (const entry of entries) {
        const judged = judgeEntry(rules, path, entry.name, entry);
        if (judged !== null) yield judged;
        else if (entry.isDirectory()) pending.push({ path: pathIn(path, entry.name), name: entry.name, parent: rules });
        else files.push(entry.name);
      }
      if (options.foldersOnly !== true) yield* lookAtFiles(root, path, files, options);
    }
    for (const { path: file, detail } of rules.unreadable) yield skipped(file.startsWith(`${root}/`) ? below(root, file) : file, "unreadable", detail);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if (isGone(error) && path === "") await findRoot(root);
    const told = unreadable(path, error);
    if (told !== null) yield told;
  }
}

const BATCH = 64;

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[], void, void> {
  let batch: T[] = [];
  for await (const item of items) {
    if (batch.push(item) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* lookAtFiles(root: string, folder: string, names: readonly string[], options: WalkOptions): AsyncGenerator<Walked, void, void> {
  const looked = await Promise.all(names.map((name) => lookAtFile(root, pathIn(folder, name), options.maxBytes ?? MAX_BYTES)));
  for (const file of looked) {
    checkSignal(options); // the consumer may have taken its time with the one before
    if (file !== null) yield file;
  }
}

async function lookAtFile(root: string, path: string, maxBytes: number): Promise<Walked | null> {
  try {
    const { size, mtimeMs } = await lstat(join(root, path));
    return size > maxBytes ? skipped(path, "too-large", tooLarge(size, maxBytes)) : { kind: "file", path, size, mtimeMs };
  } catch (error) {
    return unreadable(path, error);
  }
}

function checkSignal({ signal }: WalkOptions): void {
  if (signal?.aborted !== true) return;
  throw signal.reason instanceof ToolError ? signal.reason : new ToolError("cancelled", {}, { cause: signal.reason });
}
