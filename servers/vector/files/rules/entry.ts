import type { Dirent, Stats } from "node:fs";
import { pathIn } from "../paths.ts";
import { type Skipped, skipped } from "../skipped.ts";
import type { Rules } from "./rules.ts";

/** What to say about an entry of a folder that is left out; null when it counts. A link is judged as a file, so that one in an ignored place is ignored. */
export function judgeEntry(rules: Rules, folder: string, name: string, entry: Pick<Dirent | Stats, "isDirectory" | "isFile" | "isSymbolicLink">): Skipped | null {
  const path = pathIn(folder, name);
  const reason = rules.judge(name, entry.isDirectory() ? "folder" : "file");
  if (reason !== null) return skipped(path, reason);
  if (entry.isDirectory() || entry.isFile()) return null;
  return skipped(path, entry.isSymbolicLink() ? "symlink" : "not-a-file");
}
