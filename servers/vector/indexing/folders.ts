import { join, resolve } from "node:path";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Indexed, IndexRequest, Work } from "../backend.ts";
import { type Change, findChanges } from "../files/changes.ts";
import { type ChangeSet, type Follow, follow } from "../files/follow.ts";
import { findRoot } from "../files/root.ts";
import { type Skipped, type SkipReason } from "../files/skipped.ts";
import { Turns } from "../turns.ts";
import type { Catalogue, Folder } from "./catalogue.ts";
import { passagesOf } from "./passages.ts";

interface Tally {
  files: number;
  changed: number;
  removed: number;
  passages: number;
  seen: number;
  readonly skipped: { path: string; reason: string }[];
}

export interface FollowEvents {
  /** Folders are being taken in anew: so many. */
  busy(delta: 1 | -1): void;
  problem(collection: string, error: ToolError): void;
  taken(collection: string, path: string, indexed: Indexed): void;
}

const MOST_SKIPPED = 100;

/** The folders that a collection has indexed: which files, as they were, and the passages of each. What of that is kept is the catalogue's. */
export class Folders {
  readonly #catalogue: Catalogue;
  readonly #follows = new Map<string, Follow>();
  readonly #closing = new AbortController();
  /** One look at the files at a time. */
  readonly #turns = new Turns();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Takes up again what was followed when the collection was closed. */
  async resume(events: FollowEvents): Promise<void> {
    for (const folder of await this.#catalogue.folders()) {
      if (this.#closing.signal.aborted) return;
      if (folder.follow) await this.#follow(folder, events);
    }
  }

  async index(request: IndexRequest, task: Work, events: FollowEvents): Promise<Indexed> {
    const root = await findRoot(request.path); // before anything is remembered of it
    const path = root.file === null ? root.folder : join(root.folder, root.file);
    await this.#refuseNested(path); // at once, for its turn may be long in coming
    const folder: Folder = { ...request, path };
    const signal = AbortSignal.any([task.signal, this.#closing.signal]);
    const indexed = await this.#inTurn(async () => {
      await this.#refuseNested(path);
      if (signal.aborted) throw cancelled(signal);
      await this.#catalogue.remember(folder);
      return this.#take(folder, "all", { ...task, signal });
    });
    await this.#unfollow(path);
    if (folder.follow) await this.#follow(folder, events);
    return indexed;
  }

  /** @throws ToolError `not-found` */
  async unindex(given: string): Promise<number> {
    const path = resolve(given);
    // It may not be there any more, or be named by a link.
    const real = await findRoot(path).then(({ folder, file }) => (file === null ? folder : join(folder, file)), () => path);
    const folders = await this.#catalogue.folders();
    const folder = folders.find((each) => each.path === path || each.path === real);
    if (folder === undefined) {
      const known = folders.map((each) => each.path);
      throw new ToolError("not-found", { what: "indexed folder", name: path, where: `the collection '${this.#catalogue.name}'`, ...(known.length === 0 ? {} : { hint: `It has ${known.join(", ")}` }) });
    }
    await this.#unfollow(folder.path);
    return this.#inTurn(() => this.#catalogue.forgetFolder(folder.path));
  }

  async close(): Promise<void> {
    this.#closing.abort(new ToolError("cancelled", { reason: "the collection was closed meanwhile" }));
    for (const path of this.#follows.keys()) await this.#unfollow(path);
    await this.#inTurn(() => Promise.resolve());
  }

  async #follow(folder: Folder, events: FollowEvents): Promise<void> {
    const { path, include, exclude } = folder;
    const task: Work = { signal: this.#closing.signal, progress: () => undefined };
    const onChanges = async (changes: ChangeSet): Promise<void> => {
      events.busy(1);
      try {
        const indexed = await this.#inTurn(async () => ((await this.#isRemembered(path)) ? this.#take(folder, changes, task) : null));
        if (indexed === null) await this.#unfollow(path);
        else if (indexed.changed + indexed.removed > 0) events.taken(this.#catalogue.name, path, indexed);
      } finally {
        events.busy(-1);
      }
    };
    const onProblem = (error: ToolError): void => events.problem(this.#catalogue.name, error);
    const following = await follow(path, { include, exclude, onChanges, onProblem });
    // Another request for the same folder, or the end of the collection, may have come between.
    await this.#unfollow(path);
    if (this.#closing.signal.aborted) await following.close();
    else this.#follows.set(path, following);
  }

  async #unfollow(path: string): Promise<void> {
    const following = this.#follows.get(path);
    this.#follows.delete(path);
    await following?.close();
  }

  /** Where others reach the collection, too, one of them may have forgotten the folder, or dropped all of it. */
  async #isRemembered(path: string): Promise<boolean> {
    return (await this.#catalogue.folders()).some((folder) => folder.path === path);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#turns.take("files", act);
  }

  /** Takes in what has changed: file after file, each as a whole. */
  async #take(folder: Folder, only: ChangeSet, task: Work): Promise<Indexed> {
    const known = await this.#catalogue.files(folder.path);
    const { include, exclude } = folder;
    const { folder: base } = await findRoot(folder.path);
    const tally: Tally = { files: known.size, changed: 0, removed: 0, passages: 0, seen: 0, skipped: [] };
    const options = { include, exclude, signal: task.signal, ...(only === "all" ? {} : { only }) };
    for await (const change of findChanges(folder.path, known, options)) {
      if (task.signal.aborted) throw cancelled(task.signal);
      await this.#apply(folder.path, base, change, !known.has(change.path), tally, task);
      task.progress("indexing", ++tally.seen, null);
    }
    const { files, changed, removed, passages, skipped } = tally;
    return { files, changed, removed, passages, skipped };
  }

  async #apply(root: string, base: string, change: Change, isNew: boolean, tally: Tally, task: Work): Promise<void> {
    const place = { root, path: change.path };
    switch (change.kind) {
      case "unchanged":
        return;
      case "deferred":
        return note(tally, change.path, "it is being written; index it again later");
      case "skipped":
        return WORTH_SAYING.has(change.reason) ? note(tally, change.path, saidOf(change)) : undefined;
      case "touched":
        return this.#catalogue.touch(place, change.file);
      case "gone":
        await this.#catalogue.forgetFile(place);
        tally.removed++;
        tally.files--;
        return;
      case "changed": {
        const passages = passagesOf(join(base, change.path), change.text);
        await this.#catalogue.replace({ place, file: change.file, passages, isNew }, task.signal);
        tally.passages += passages.length;
        tally.changed++;
        if (isNew) tally.files++;
      }
    }
  }

  /** A file is in one folder only, or its passages would be there twice, with the same ids. */
  async #refuseNested(path: string): Promise<void> {
    const other = (await this.#catalogue.folders()).find((each) => each.path !== path && (isBelow(path, each.path) || isBelow(each.path, path)));
    if (other === undefined) return;
    const hint = isBelow(path, other.path) ? `Index ${other.path} again, or take another collection` : `Forget that first (unindex), or take another collection`;
    throw new ToolError("exists", { what: "the folder", name: other.path, hint });
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function note(tally: Tally, path: string, reason: string): void {
  if (tally.skipped.length < MOST_SKIPPED) tally.skipped.push({ path, reason });
}

/** What a rule leaves out was left out on purpose. */
const WORTH_SAYING: ReadonlySet<SkipReason> = new Set(["symlink", "not-a-file", "too-large", "binary", "not-utf8", "unreadable"]);

function saidOf({ reason, detail }: Skipped): string {
  return detail === undefined ? reason : `${reason}: ${detail}`;
}
