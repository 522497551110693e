import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { RULE_FILES } from "./rules/sources.ts";

export interface Surroundings {
  readonly close: () => void;
}

/** `moved`: the root, or a folder on the way to it, is another one or none. `edited`: its content, where it is a file, or its rights. */
export type Touch = "moved" | "edited" | "rules";

/**
 * Watches the folders above a root for what decides whether it is there, which folder it is, and which files of patterns
 * above it count. `path` is absolute; the root need not exist, nor the folders above. In force when it returns. What stands
 * above and cannot be watched is passed over: not every folder on the way is ours to look at.
 */
export function watchSurroundings(path: string, onTouched: (what: Touch) => void): Surroundings {
  const watchers: FSWatcher[] = [];
  for (let child = path; child !== dirname(child); child = dirname(child)) {
    const watcher = tryToWatch(dirname(child), (event, name) => {
      if (name === null || name === basename(child)) onTouched(event === "change" ? "edited" : "moved");
      else if (RULE_FILES.has(name)) onTouched("rules");
    });
    if (watcher !== null) watchers.push(watcher);
  }
  return { close: () => watchers.forEach((watcher) => watcher.close()) };
}

export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true; // there, and not to be looked at: whoever opens it says why
  }
}

function tryToWatch(folder: string, listener: (event: string, name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, listener);
    return watcher.on("error", () => {
      watcher.close();
      listener("rename", null);
    });
  } catch {
    return null;
  }
}
