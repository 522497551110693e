import ignore, { type Ignore } from "ignore";
import { below } from "../paths.ts";
import type { SkipReason } from "../skipped.ts";

/** Which of several files about the same entry has its way: the lower number. The order is ripgrep's. */
export const RANKS = { option: 0, ignore: 1, gitignore: 2, gitExclude: 3 } as const;

export interface LayerSource {
  /** Absolute path of the folder that the patterns are about. */
  readonly base: string;
  readonly rank: number;
  readonly patterns: readonly string[];
}

/** The patterns of one file. */
export class Layer {
  readonly source: LayerSource;
  readonly reason: SkipReason;
  #matcher: Ignore;
  #tests = 0;

  constructor(source: LayerSource) {
    this.source = source;
    this.reason = source.rank === RANKS.option ? "excluded" : "ignored";
    this.#matcher = matcherOf(source.patterns);
  }

  /** `path`: absolute, below the base, with a `/` at its end when it is a folder. null: no pattern is about it. */
  test(path: string): "ignored" | "kept" | null {
    // The matcher remembers every path it was asked about, so once in a while it is replaced.
    if ((this.#tests += 1) % MOST_REMEMBERED === 0) this.#matcher = ignore(OPTIONS).add(this.#matcher);
    const { ignored, unignored } = this.#matcher.test(below(this.source.base, path));
    return ignored ? "ignored" : unignored ? "kept" : null;
  }

  /**
   * The layer inside of a folder that is looked into although this layer ignores it, for another one has its way or it is
   * the root that was asked for: with what it says about the folder's entries, but not what it says about the folder itself.
   */
  within(folder: string): Layer {
    const { base, rank, patterns } = this.source;
    if (folder === base || this.test(`${folder}/`) !== "ignored") return this;
    const path = below(base, folder);
    return new Layer({ base, rank, patterns: patterns.flatMap((pattern) => (matcherOf([pattern]).test(`${path}/`).ignored ? forEntries(pattern, path) : pattern)) });
  }
}

/** A pattern that matches a folder, for its entries alone: one about names may match some of them, one about paths has had its match. */
function forEntries(pattern: string, folder: string): string[] {
  const name = pattern.replace(/^\*\*\//, "");
  const escaped = folder.replaceAll(/[\\*?[\]!# ]/g, "\\$&");
  return name.replace(/\/$/, "").includes("/") ? [] : [`/${escaped}/**/${name}`];
}

const MOST_REMEMBERED = 10_000;
/** As git is set up by default on a file system of that kind. */
const OPTIONS = { ignorecase: process.platform === "darwin" };

export function matcherOf(patterns: readonly string[]): Ignore {
  return ignore(OPTIONS).add(patterns);
}
