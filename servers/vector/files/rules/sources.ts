import { lstat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readBytes } from "../bytes.ts";
import { isGone, reasonOf } from "../skipped.ts";
import { type LayerSource, RANKS } from "./layer.ts";

/** Files whose change means that other files count. `.git`: a folder becomes a repository, or ceases to be one. */
export const RULE_FILES: ReadonlySet<string> = new Set([".ignore", ".gitignore", ".git"]);

/** A file of patterns that is there and cannot be read. */
export interface Unreadable {
  /** Absolute. */
  readonly path: string;
  readonly detail: string;
}

export interface FolderSources {
  readonly sources: readonly LayerSource[];
  readonly unreadable: readonly Unreadable[];
}

/** What a folder itself says about what is in it: `.ignore`, `.gitignore`, and `.git/info/exclude` where it is a repository's top. */
export async function sourcesIn(base: string): Promise<FolderSources> {
  const unreadable: Unreadable[] = [];
  const read = async (path: string, rank: number): Promise<LayerSource[]> => {
    try {
      const patterns = await patternsIn(path);
      return patterns === null ? [] : [{ base, rank, patterns }];
    } catch (error) {
      unreadable.push({ path, detail: reasonOf(error) });
      return [];
    }
  };
  const found = await Promise.all([
    read(join(base, ".ignore"), RANKS.ignore),
    read(join(base, ".gitignore"), RANKS.gitignore),
    gitFolder(base).then((folder) => (folder === null ? [] : read(join(folder, "info/exclude"), RANKS.gitExclude))),
  ]);
  return { sources: found.flat(), unreadable };
}

/** The folders from the repository's top down to, not including, `folder`; none when it is the top, or in no repository. */
export async function foldersAbove(folder: string): Promise<string[]> {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (at !== folder) above.unshift(at);
    if (await exists(join(at, ".git"))) return above;
    if (at === dirname(at)) return [];
  }
}

/** More than this is no list of patterns. */
const MOST_BYTES = 1 << 20;

async function patternsIn(path: string): Promise<string[] | null> {
  const read = await readBytes(path, MOST_BYTES).catch((error: unknown) => {
    if (isGone(error)) return null;
    throw error;
  });
  if (read === null || read.kind === "not-a-file") return null;
  if (read.kind === "unsteady") return patternsIn(path);
  if (read.kind === "too-large") throw new Error(`it has ${read.size} bytes; up to ${MOST_BYTES} are read`);
  return read.bytes.toString("utf8").replace(/^\uFEFF/, "").split(/\r?\n/);
}

/** Where a repository's own files are; in a worktree or a submodule `.git` is a file that says where. Source: gitrepository-layout(5). */
async function gitFolder(base: string): Promise<string | null> {
  const path = join(base, ".git");
  const stat = await lstat(path).catch(() => null); // a folder that cannot be looked into is reported by who reads it
  if (stat === null || stat.isDirectory()) return stat === null ? null : path;
  const pointer = await firstLine(path);
  if (!pointer.startsWith("gitdir:")) return null;
  const folder = resolve(base, pointer.slice("gitdir:".length).trim());
  const shared = await firstLine(join(folder, "commondir"));
  return shared === "" ? folder : resolve(folder, shared);
}

async function firstLine(path: string): Promise<string> {
  return (await patternsIn(path).catch(() => null))?.[0]?.trim() ?? "";
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
