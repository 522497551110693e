import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Tells whenever something changes in a folder under a name that `concerns`, also when the folder itself comes or goes. One that cannot be watched
 * (the system has no watch left) is told of once by `failed`, and then no more.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #concerns: (name: string) => boolean;
  readonly #changed: () => void;
  readonly #failed: (error: Error) => void;
  #watchers: FSWatcher[] = [];
  #closed = false;
  #told = false;

  constructor(folder: string, concerns: (name: string) => boolean, changed: () => void, failed: (error: Error) => void) {
    this.#folder = folder;
    this.#concerns = concerns;
    this.#changed = changed;
    this.#failed = failed;
    this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  /** The folder, and above it the nearest one that is there: as what is between comes or goes, all of it is begun anew. */
  #begin(): void {
    this.#end();
    const there = this.#add(this.#folder, (name) => name === null || this.#concerns(name));
    let child = this.#folder;
    while (dirname(child) !== child) {
      const name = basename(child);
      child = dirname(child);
      if (this.#add(child, (changed) => changed === name && this.#again())) break;
    }
    if (!there && existsSync(this.#folder)) this.#begin(); // made meanwhile
  }

  /** Whether the folder is there. */
  #add(folder: string, look: (name: string | null) => boolean): boolean {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => !this.#closed && look(name) && this.#changed());
      watcher.on("error", (error) => this.#fail(error));
      this.#watchers.push(watcher);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return false;
      this.#fail(error as Error);
      return true;
    }
  }

  #again(): boolean {
    this.#begin();
    return true;
  }

  #fail(error: Error): void {
    if (!this.#told) this.#failed(error);
    this.#told = true;
  }

  #end(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}
