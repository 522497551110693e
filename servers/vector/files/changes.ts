import { join } from "node:path";
import type { Stat } from "./bytes.ts";
import { outermost, parentsOf } from "./paths.ts";
import { findRoot } from "./root.ts";
import { type Skipped, skipped } from "./skipped.ts";
import { readText } from "./text.ts";
import { MAX_BYTES, walk, type WalkedFile, type WalkOptions } from "./walk.ts";

/** What is to be remembered of a file, to know the next time whether it has changed. */
export interface KnownFile extends Stat {
  /** SHA-256 of its bytes, in hex. */
  readonly hash: string;
  /** When it was looked at, before it was read; ms since 1970. */
  readonly seenMs: number;
}

export type Change =
  /** As it is known; not read. */
  | { readonly kind: "unchanged"; readonly path: string }
  /** Read, and its content is as it is known; `file` is to be remembered instead. */
  | { readonly kind: "touched"; readonly path: string; readonly file: KnownFile }
  /** New, or with another content. */
  | { readonly kind: "changed"; readonly path: string; readonly text: string; readonly file: KnownFile }
  /** Known, and not there any more, or there and left out now. */
  | { readonly kind: "gone"; readonly path: string }
  /** Being written; nothing of it is said, and what is known of it holds until the next time. */
  | { readonly kind: "deferred"; readonly path: string }
  | Skipped;

export type ChangeOptions = Omit<WalkOptions, "beforeFolder" | "foldersOnly">;

/**
 * What is different below a root from what is known, a path each; `only` restricts both to some files and folders. The next
 * file is looked at when the consumer asks for the next change, so one text at a time is in memory. `gone` comes last, and
 * never when the walk fails. What cannot be read just now, and what is below it, is not gone.
 * @throws ToolError `file-failed` about the root, `cancelled`
 */
export async function* findChanges(path: string, known: ReadonlyMap<string, KnownFile>, options: ChangeOptions = {}): AsyncGenerator<Change, void, void> {
  const { folder } = await findRoot(path);
  const missing = new Set(options.only === undefined ? known.keys() : knownWithin(known, outermost(options.only)));
  for await (const walked of walk(path, options)) {
    if (walked.kind === "folder") continue;
    const change = walked.kind === "file" ? await compare(folder, walked, known.get(walked.path), options) : walked;
    if (change === null) continue;
    if (change.kind !== "skipped") missing.delete(change.path);
    else if (change.reason === "unreadable") keep(missing, change.path);
    yield change;
  }
  await findRoot(path); // a root that went meanwhile took everything along, and that is no news about its files
  for (const gone of missing) yield { kind: "gone", path: gone };
}

/** A file system's clock may be as coarse as this, so that two writes have the same time; then the time proves nothing. */
const COARSEST_CLOCK_MS = 2000;

/** null: it is gone by now. */
async function compare(root: string, { path, size, mtimeMs }: WalkedFile, known: KnownFile | undefined, { maxBytes = MAX_BYTES }: ChangeOptions): Promise<Change | null> {
  if (known !== undefined && known.size === size && known.mtimeMs === mtimeMs && mtimeMs < known.seenMs - COARSEST_CLOCK_MS) return { kind: "unchanged", path };
  const seenMs = Date.now();
  const read = await readText(join(root, path), maxBytes);
  switch (read.kind) {
    case "gone":
      return null;
    case "unsteady":
      return { kind: "deferred", path };
    case "skipped":
      return skipped(path, read.reason, read.detail);
    case "text": {
      const file = { ...read.stat, hash: read.hash, seenMs };
      return read.hash === known?.hash ? { kind: "touched", path, file } : { kind: "changed", path, text: read.text, file };
    }
  }
}

function* knownWithin(known: ReadonlyMap<string, KnownFile>, only: readonly string[]): Generator<string> {
  const wanted = new Set(only);
  for (const path of known.keys()) if (wanted.has(path) || parentsOf(path).some((parent) => wanted.has(parent))) yield path;
}

function keep(missing: Set<string>, path: string): void {
  for (const known of missing) if (path === "" || known === path || known.startsWith(`${path}/`)) missing.delete(known);
}
