import { join } from "node:path";
import type { Ignore } from "ignore";
import { below } from "../paths.ts";
import type { SkipReason } from "../skipped.ts";
import { Layer, matcherOf, RANKS } from "./layer.ts";
import { type FolderSources, foldersAbove, sourcesIn, type Unreadable } from "./sources.ts";

/** Patterns in the syntax of .gitignore, about paths from the root. */
export interface Selection {
  /** When given and not empty, only files that match count. */
  readonly include?: readonly string[];
  /** What matches does not count, whatever files of patterns say; `!pattern` brings back what they, or a dot, leave out. */
  readonly exclude?: readonly string[];
}

/** Which entries of one folder count. The walk and what follows changes both ask here, and nowhere else. */
export class Rules {
  /** Absolute. */
  readonly folder: string;
  /** Files of patterns that count here, begin in this folder (for the root: or above), and cannot be read. */
  readonly unreadable: readonly Unreadable[];
  readonly #layers: readonly Layer[];
  readonly #included: Included | null;

  private constructor(folder: string, layers: readonly Layer[], unreadable: readonly Unreadable[], included: Included | null) {
    this.folder = folder;
    this.#layers = layers;
    this.unreadable = unreadable;
    this.#included = included;
  }

  /** Those in the root, an absolute path, with what the folders above say up to the repository's top. A root always counts. */
  static async at(root: string, { include = [], exclude = [] }: Selection): Promise<Rules> {
    const found = await Promise.all([...(await foldersAbove(root)), root].map(sourcesIn));
    const included = include.length === 0 ? null : { root, matcher: matcherOf(include) };
    const excluding = exclude.length === 0 ? [] : [new Layer({ base: root, rank: RANKS.option, patterns: exclude })];
    const layers = found.reduce((outer, { sources }) => layered(sources, outer, root), excluding);
    return new Rules(root, layers, found.flatMap(({ unreadable }) => unreadable), included);
  }

  /** Those in a folder of this one that counts. */
  async enter(name: string): Promise<Rules> {
    const folder = join(this.folder, name);
    const { sources, unreadable } = await sourcesIn(folder);
    return new Rules(folder, layered(sources, this.#layers, folder), unreadable, this.#included);
  }

  /** Why an entry of this folder does not count; null when it does. */
  judge(name: string, kind: "file" | "folder"): SkipReason | null {
    if (VERSION_CONTROL.has(name)) return "version-control";
    const path = join(this.folder, name);
    const asked = kind === "folder" ? `${path}/` : path;
    const decided = firstOf(this.#layers, asked);
    if (decided?.verdict === "ignored") return decided.reason;
    if (decided === null && name.startsWith(".")) return "hidden";
    if (kind === "file" && this.#included !== null && !this.#included.matcher.ignores(below(this.#included.root, path))) return "not-included";
    return null;
  }
}

interface Included {
  readonly root: string;
  readonly matcher: Ignore;
}

const VERSION_CONTROL: ReadonlySet<string> = new Set([".git", ".hg", ".svn"]);

/** A folder's own patterns before those from further out, each kind of file for itself. */
function layered(own: FolderSources["sources"], outer: readonly Layer[], folder: string): Layer[] {
  const layers = [...own.map((source) => new Layer(source)), ...outer].map((layer) => layer.within(folder));
  return layers.sort((a, b) => a.source.rank - b.source.rank);
}

function firstOf(layers: readonly Layer[], path: string): { verdict: "ignored" | "kept"; reason: SkipReason } | null {
  for (const layer of layers) {
    const verdict = layer.test(path);
    if (verdict !== null) return { verdict, reason: layer.reason };
  }
  return null;
}
