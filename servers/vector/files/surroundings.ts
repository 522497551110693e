import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { RULE_FILES } from "./rules/sources.ts";
import { isGone, reasonOf } from "./skipped.ts";

export interface Surroundings {
  readonly close: () => void;
}

/**
 * Watches the folders above a root for what decides whether it is there, which folder it is, and which files of patterns
 * above it count. `path` is absolute; the root need not exist, nor the folders above. In force when it returns. What stands
 * above and cannot be watched is passed over: not every folder on the way is ours to look at.
 */
export function watchSurroundings(path: string, onTouched: (what: "root" | "rules") => void): Surroundings {
  const watchers: FSWatcher[] = [];
  for (let child = path; child !== dirname(child); child = dirname(child)) {
    const watcher = tryToWatch(dirname(child), (name) => {
      if (name === null || name === basename(child)) onTouched("root");
      else if (RULE_FILES.has(name)) onTouched("rules");
    });
    if (watcher !== null) watchers.push(watcher);
  }
  return { close: () => watchers.forEach((watcher) => watcher.close()) };
}

/** Which file or folder a path leads to now; null: none. */
export function standingAt(path: string): string | null {
  try {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    return isGone(error) ? null : reasonOf(error);
  }
}

function tryToWatch(folder: string, listener: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, (_event, name) => listener(name));
    return watcher.on("error", () => {
      watcher.close();
      listener(null);
    });
  } catch {
    return null;
  }
}
