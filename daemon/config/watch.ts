import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { fingerprint, type Step, tracePath } from "./trace.ts";

export interface WatchOptions {
  /** Absolute paths; one need not exist, nor its folder. */
  readonly paths: readonly string[];
  /** Something about one of the files is different: its content, its mode, which file it is, or that it is (not) there. */
  readonly onChanged: () => void;
  /** Watching itself failed (out of inotify watches, say): changes may be missed from now on. */
  readonly onError: (error: unknown) => void;
  /** Quiet time after which a burst of events counts as over, in ms. */
  readonly quietMs?: number;
}

export interface Watch {
  readonly close: () => Promise<void>;
}

/** A burst that does not end is reported all the same, after this many ms. */
const MAX_BURST_MS = 250;

/**
 * Watches config files; resolves once every later change will be seen. Not the file is watched but the folders that
 * decide what the path leads to: so a file that is replaced, a link that is turned, a target that is edited, a folder
 * that comes into being are all the same case, an event in one of them, after which fingerprints are compared.
 */
export async function watchConfig({ paths, onChanged, onError, quietMs = 40 }: WatchOptions): Promise<Watch> {
  let closed = false;
  let watcher: FSWatcher | null = null;
  let watched = "";
  let last = paths.map(fingerprint).join();
  let timer: NodeJS.Timeout | null = null;
  let burstSince: number | null = null;
  let settling: Promise<void> = Promise.resolve();

  const compare = (): void => {
    const now = paths.map(fingerprint).join();
    if (now === last || closed) return;
    last = now;
    onChanged();
  };

  const follow = async (): Promise<void> => {
    // While a new watch is being set up the way may change once more; then this goes round again.
    for (;;) {
      const steps = paths.flatMap(tracePath);
      if (closed || identityOf(steps) === watched) return;
      watched = identityOf(steps);
      await watcher?.close();
      watcher = await watchFolders(steps, poke, onError);
      compare();
    }
  };

  const settle = (): void => {
    timer = null;
    burstSince = null;
    compare();
    settling = settling.then(follow).catch(onError);
  };

  function poke(): void {
    if (closed) return;
    const now = performance.now();
    burstSince ??= now;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(settle, Math.max(0, Math.min(quietMs, burstSince + MAX_BURST_MS - now)));
  }

  await follow();
  return {
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await settling;
      await watcher?.close();
    },
  };
}

/** Resolves when the watch is in force. */
function watchFolders(steps: readonly Step[], poke: () => void, onError: (error: unknown) => void): Promise<FSWatcher> {
  const folders = new Set(steps.map(({ folder }) => folder));
  const names = new Set(steps.map(({ name }) => name));
  const wanted = new Set([...folders, ...steps.map(({ folder, name }) => join(folder, name))]);
  const watcher = watch([...folders], { depth: 0, ignoreInitial: true, followSymlinks: false, atomic: false, ignored: (path) => !wanted.has(path) });
  watcher.on("all", poke);
  // What chokidar works out of the system's events can miss a file replaced twice in a row; that there was an event cannot.
  watcher.on("raw", (_event, name, details) => {
    const { watchedPath = "" } = details as { watchedPath?: string };
    if (!name || names.has(name) || name === basename(watchedPath)) poke();
  });
  return new Promise((resolve) => {
    watcher.on("error", (error) => {
      onError(error);
      resolve(watcher);
    });
    watcher.on("ready", () => resolve(watcher));
  });
}

/** A folder deleted and made again has the same path but is another one, and has to be watched anew. */
function identityOf(steps: readonly Step[]): string {
  return JSON.stringify(steps.map(({ folder, name }) => [folder, inodeOf(folder), name]));
}

function inodeOf(folder: string): string {
  return String(statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino ?? "none");
}
