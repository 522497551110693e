import { type FSWatcher, watch } from "node:fs";
import { basename, join } from "node:path";
import { isGone } from "./skipped.ts";

export type WatchFolder = (path: string, listener: (event: string, name: string | null) => void) => FSWatcher;

export interface WatchesOptions {
  /** Absolute. */
  readonly root: string;
  /** Something about an entry of a folder is different. `name` null: the folder itself, or the system does not say what. */
  readonly onEvent: (folder: string, name: string | null) => void;
  /** A folder cannot be watched, or not any more. */
  readonly onFailed: (folder: string, error: unknown) => void;
  readonly watchFolder?: WatchFolder;
}

/**
 * A watch on each folder that counts, by its path from the root. Watching has begun when `add` returns, so whatever is read
 * of a folder afterwards is either seen or reported. That is why this stands on fs.watch: chokidar reads a folder first and
 * watches it then, watches each file as well, and reads the folder anew at each event.
 */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #watched = new Map<string, FSWatcher>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /**
   * Watches a folder, unless it is watched. `anew`: whatever has happened to the folder's name, for the watch stays with the
   * folder that had it before, and neither the system's numbers of files, used again, nor its events tell whether it did.
   */
  add(folder: string, anew: boolean): void {
    if (this.#watched.has(folder) && !anew) return;
    this.#drop(folder);
    try {
      this.#watched.set(folder, this.#start(join(this.#options.root, folder), folder));
    } catch (error) {
      if (!isGone(error)) this.#options.onFailed(folder, error); // where nothing is, the folder above has an event
    }
  }

  /** Ends the watches on `folder` and all below it that `kept` does not name. */
  prune(folder: string, kept: ReadonlySet<string>): void {
    const isWithin = (path: string): boolean => folder === "" || path === folder || path.startsWith(`${folder}/`);
    for (const path of this.#watched.keys()) if (isWithin(path) && !kept.has(path)) this.#drop(path);
  }

  has(folder: string): boolean {
    return this.#watched.has(folder);
  }

  get size(): number {
    return this.#watched.size;
  }

  #start(path: string, folder: string): FSWatcher {
    const own = basename(path);
    const watcher = (this.#options.watchFolder ?? watch)(path, (_event, name) => {
      if (this.#watched.get(folder) !== watcher) return;
      if (name === own) this.#options.onEvent(folder, null); // something about the folder, or about an entry of the same name
      this.#options.onEvent(folder, name);
    });
    return watcher.on("error", (error) => {
      this.#drop(folder);
      this.#options.onFailed(folder, error);
    });
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.close();
    this.#watched.delete(folder);
  }
}
