import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { outermost, parentsOf, pathIn } from "./paths.ts";
import { judgeEntry } from "./rules/entry.ts";
import { Rules, type Selection } from "./rules/rules.ts";
import { type Skipped, unreadable } from "./skipped.ts";

/** A folder that counts and was not looked into yet. `parent`: the rules of the folder it is in; null for the root. */
export interface Pending {
  readonly path: string;
  readonly name: string;
  readonly parent: Rules | null;
}

export type Start =
  | ({ readonly kind: "folder" } & Pending)
  | { readonly kind: "file"; readonly folder: string; readonly name: string }
  | Skipped;

/** Where a walk begins: at the root, or at those of the wanted places that are there and count, judged on all the way down. */
export async function* startingPoints(root: string, options: Selection & { readonly only?: readonly string[] }): AsyncGenerator<Start, void, void> {
  const only = outermost(options.only ?? [""]);
  if (only.includes("")) {
    yield { kind: "folder", path: "", name: "", parent: null };
    return;
  }
  const way: Way = { root, rules: new Map(), options };
  const told = new Set<string>();
  for (const path of only) {
    const start = await descend(way, path);
    if (start === null || (start.kind === "skipped" && told.has(start.path))) continue;
    if (start.kind === "skipped") told.add(start.path);
    yield start;
  }
}

interface Way {
  readonly root: string;
  /** Of the folders on the way, by their path from the root. */
  readonly rules: Map<string, Rules>;
  readonly options: Selection;
}

async function descend(way: Way, path: string): Promise<Start | null> {
  let folder = "";
  const names = path.split("/");
  for (const [index, name] of names.entries()) {
    const rules = await rulesOf(way, folder, names[index - 1] ?? "");
    const at = pathIn(folder, name);
    const looked = await lookAt(join(way.root, at), at);
    if (looked === null || "kind" in looked) return looked;
    const judged = judgeEntry(rules, folder, name, looked);
    if (judged !== null) return judged;
    if (!looked.isDirectory()) return index === names.length - 1 ? { kind: "file", folder, name } : null;
    if (index === names.length - 1) return { kind: "folder", path: at, name, parent: rules };
    folder = at;
  }
  return null;
}

async function lookAt(absolute: string, path: string): Promise<Stats | Skipped | null> {
  try {
    return await lstat(absolute);
  } catch (error) {
    return unreadable(path, error);
  }
}

async function rulesOf({ root, rules, options }: Way, folder: string, name: string): Promise<Rules> {
  const known = rules.get(folder);
  if (known !== undefined) return known;
  const parent = rules.get(parentsOf(folder)[0] ?? "");
  const entered = folder === "" || parent === undefined ? await Rules.at(root, options) : await parent.enter(name);
  rules.set(folder, entered);
  return entered;
}
