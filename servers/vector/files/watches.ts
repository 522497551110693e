import { type FSWatcher, lstatSync, watch } from "node:fs";
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
  readonly #watched = new Map<string, Watched>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** Watches a folder, unless it is watched; again, when another folder has come to have its name. */
  add(folder: string): void {
    const path = join(this.#options.root, folder);
    try {
      const before = this.#watched.get(folder);
      const identity = identityOf(path);
      if (before !== undefined && !before.isOver && before.identity === identity) return;
      this.#drop(folder);
      const watched: Watched = { identity, isOver: false, watcher: this.#start(path, folder) };
      this.#watched.set(folder, watched);
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
    const watcher = (this.#options.watchFolder ?? watch)(path, (event, name) => {
      const watched = this.#watched.get(folder);
      if (watched?.watcher !== watcher) return;
      // Its own name: it was moved or deleted, and its watch with it. An entry may have the same name; a watch more is no harm.
      if (name === own && event === "rename") watched.isOver = true;
      this.#options.onEvent(folder, name === own ? null : name);
      if (name === own) this.#options.onEvent(folder, name);
    });
    watcher.on("error", (error) => {
      this.#drop(folder);
      this.#options.onFailed(folder, error);
    });
    return watcher;
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
  isOver: boolean;
}

/** A folder deleted and made again has the same path, and may have the same number. @throws what `lstat` throws */
function identityOf(path: string): string {
  const { dev, ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}
