import { join, resolve } from "node:path";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Indexed, IndexRequest } from "../backend.ts";
import { type Change, findChanges, type KnownFile } from "../files/changes.ts";
import { type ChangeSet, type Follow, follow } from "../files/follow.ts";
import { splitFile } from "../files/split/split.ts";
import { findRoot } from "../files/root.ts";
import { type Skipped, type SkipReason } from "../files/skipped.ts";
import type { Prepared } from "./collection.ts";
import type { SentItem } from "./messages.ts";
import type { Opened, Task } from "./opened.ts";
import type { Incoming } from "./prepare.ts";
import { BATCH } from "./writer.ts";

/** How a folder is indexed, as it was asked for the last time. */
type Options = Pick<IndexRequest, "follow" | "include" | "exclude">;

interface Folder extends Options {
  readonly id: number;
  readonly path: string;
}

/** Where the files of a folder are. */
interface Place {
  readonly id: number;
  readonly base: string;
}

interface Tally {
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

/** The folders that a collection has indexed: which files, as they were, and the passages of each. */
export class Folders {
  readonly #opened: Opened;
  readonly #follows = new Map<number, Follow>();
  readonly #closing = new AbortController();
  /** One look at the files at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  /** Takes up again what was followed when the collection was closed. */
  async resume(events: FollowEvents): Promise<void> {
    for (const folder of this.#all()) if (folder.follow) await this.#follow(folder, events);
  }

  async index(request: IndexRequest, task: Task, events: FollowEvents): Promise<Indexed> {
    const root = await findRoot(request.path); // before anything is remembered of it
    const path = root.file === null ? root.folder : join(root.folder, root.file);
    this.#refuseNested(path);
    const folder = await this.#remember({ ...request, path });
    const signal = AbortSignal.any([task.signal, this.#closing.signal]);
    const indexed = await this.#inTurn(() => this.#take(folder, "all", { ...task, signal }));
    await this.#unfollow(folder.id);
    if (folder.follow) await this.#follow(folder, events);
    return indexed;
  }

  /** @throws ToolError `not-found` */
  async unindex(given: string): Promise<number> {
    const path = resolve(given);
    // It may not be there any more, or be named by a link.
    const real = await findRoot(path).then(({ folder, file }) => (file === null ? folder : join(folder, file)), () => path);
    const folder = this.#all().find((each) => each.path === path || each.path === real);
    if (folder === undefined) {
      const known = this.#all().map((each) => each.path);
      throw new ToolError("not-found", { what: "indexed folder", name: path, where: `the collection '${this.#opened.name}'`, ...(known.length === 0 ? {} : { hint: `It has ${known.join(", ")}` }) });
    }
    await this.#unfollow(folder.id);
    return this.#inTurn(async () => {
      let removed = 0;
      for (const { id } of this.#files(folder.id).values()) removed += await this.#forget(id);
      await this.#opened.writer.alone(() => this.#db.sql("delete from folder where id = ?").run(folder.id));
      return removed;
    });
  }

  facts(): CollectionFacts["folders"] {
    const count = this.#db.sql("select count(*) as files from file where folder = ?");
    return this.#all().map(({ id, path, follow }) => ({ path, follow, files: count.get(id)?.["files"] as number }));
  }

  /** The indexed file that a row is a passage of. */
  fileOf(row: number): number | null {
    return (this.#db.sql("select file from row where id = ?").get(row)?.["file"] as number | null | undefined) ?? null;
  }

  async close(): Promise<void> {
    this.#closing.abort(new ToolError("cancelled", { reason: "the collection was closed meanwhile" }));
    for (const id of this.#follows.keys()) await this.#unfollow(id);
    await this.#turn;
  }

  get #db() {
    return this.#opened.collection.db;
  }

  async #follow(folder: Folder, events: FollowEvents): Promise<void> {
    const { id, path, include, exclude } = folder;
    const task: Task = { signal: this.#closing.signal, progress: () => undefined, part: () => undefined };
    const onChanges = async (changes: ChangeSet): Promise<void> => {
      events.busy(1);
      try {
        const indexed = await this.#inTurn(() => this.#take(folder, changes, task));
        if (indexed.changed + indexed.removed > 0) events.taken(this.#opened.name, path, indexed);
      } finally {
        events.busy(-1);
      }
    };
    const onProblem = (error: ToolError): void => events.problem(this.#opened.name, error);
    const following = await follow(path, { include, exclude, onChanges, onProblem });
    // Another request for the same folder, or the end of the collection, may have come between.
    await this.#unfollow(id);
    if (this.#closing.signal.aborted) await following.close();
    else this.#follows.set(id, following);
  }

  async #unfollow(id: number): Promise<void> {
    const following = this.#follows.get(id);
    this.#follows.delete(id);
    await following?.close();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Takes in what has changed: file after file, each as a whole. */
  async #take(folder: Folder, only: ChangeSet, task: Task): Promise<Indexed> {
    const known = this.#files(folder.id);
    const { include, exclude } = folder;
    const { folder: base } = await findRoot(folder.path);
    const tally: Tally = { changed: 0, removed: 0, passages: 0, seen: 0, skipped: [] };
    const options = { include, exclude, signal: task.signal, ...(only === "all" ? {} : { only }) };
    for await (const change of findChanges(folder.path, known, options)) {
      if (task.signal.aborted) throw cancelled(task.signal);
      await this.#apply({ id: folder.id, base }, change, known.get(change.path)?.id, tally, task);
      task.progress("indexing", ++tally.seen, null);
    }
    const files = this.#db.sql("select count(*) as files from file where folder = ?").get(folder.id)?.["files"] as number;
    return { files, changed: tally.changed, removed: tally.removed, passages: tally.passages, skipped: tally.skipped };
  }

  async #apply(folder: Place, change: Change, id: number | undefined, tally: Tally, task: Task): Promise<void> {
    switch (change.kind) {
      case "unchanged":
        return;
      case "deferred":
        return note(tally, change.path, "it is being written; index it again later");
      case "skipped":
        return WORTH_SAYING.has(change.reason) ? note(tally, change.path, saidOf(change)) : undefined;
      case "touched":
        return this.#opened.writer.alone(() => this.#touch(id!, change.file));
      case "gone":
        await this.#forget(id!);
        tally.removed++;
        return;
      case "changed":
        tally.passages += await this.#replace(folder, change.path, change.text, change.file, id, task);
        tally.changed++;
    }
  }

  /** The file's passages instead of those that it had, in one transaction: there is never a half of it. */
  async #replace({ id: folder, base }: Place, path: string, text: string, file: KnownFile, known: number | undefined, task: Task): Promise<number> {
    const id = known ?? (await this.#opened.writer.alone(() => this.#db.sql("insert into file (folder, path) values (?, ?)").insert(folder, path)));
    const incoming = passagesOf(join(base, path), text).map((item): Incoming => ({ item, path: "$", file: id }));
    const put: Prepared[] = [];
    // The vectors are made a part at a time, for others wait for the embedder, too.
    for (let from = 0; from < incoming.length; from += BATCH) put.push(...(await this.#opened.prepare(incoming.slice(from, from + BATCH), task.signal)));
    await this.#opened.writer.alone(() => this.#opened.collection.write({ remove: this.#rowsOf(id), put, also: () => this.#touch(id, file) }));
    return put.length;
  }

  #forget(id: number): Promise<number> {
    return this.#opened.writer.alone(() => {
      const rows = this.#rowsOf(id);
      this.#opened.collection.write({ remove: rows, also: () => this.#db.sql("delete from file where id = ?").run(id) });
      return rows.length;
    });
  }

  #touch(id: number, { size, mtimeMs, seenMs, hash }: KnownFile): void {
    this.#db.sql("update file set size = ?, mtime = ?, read = ?, hash = ? where id = ?").run(size, mtimeMs, seenMs, hash, id);
  }

  #rowsOf(file: number): number[] {
    return this.#db.sql("select id from row where file = ?").all(file).map(({ id }) => id as number);
  }

  #all(): Folder[] {
    return this.#db.sql("select id, path, options from folder order by path").all().map(({ id, path, options }) => ({ id: id as number, path: path as string, ...this.#optionsFrom(options) }));
  }

  #optionsFrom(text: unknown): Options {
    const what = "how a folder is indexed";
    const { follow, include, exclude } = (this.#db.parse(text, what) ?? {}) as Partial<Options>;
    if (typeof follow !== "boolean" || !areTexts(include) || !areTexts(exclude)) throw this.#db.damaged(`${what} is not said: ${String(text)}`);
    return { follow, include, exclude };
  }

  /** By their paths. A file whose first passages never came to be is known by nothing but its number. */
  #files(folder: number): Map<string, KnownFile & { readonly id: number }> {
    const found = this.#db.sql("select id, path, size, mtime, read, hash from file where folder = ?").all(folder);
    return new Map(
      found.map((file) => [file["path"] as string, { id: file["id"] as number, size: (file["size"] as number | null) ?? -1, mtimeMs: (file["mtime"] as number | null) ?? 0, seenMs: (file["read"] as number | null) ?? 0, hash: (file["hash"] as string | null) ?? "" }]),
    );
  }

  #remember({ path, follow, include, exclude }: IndexRequest): Promise<Folder> {
    const options: Options = { follow, include, exclude };
    return this.#opened.writer.alone(() => {
      this.#db.sql("insert into folder (path, options) values (?, ?) on conflict (path) do update set options = excluded.options").run(path, JSON.stringify(options));
      return { id: this.#db.sql("select id from folder where path = ?").get(path)?.["id"] as number, path, ...options };
    });
  }

  /** A file is in one folder only, or its passages would be there twice, with the same ids. */
  #refuseNested(path: string): void {
    const other = this.#all().find((each) => each.path !== path && (isBelow(path, each.path) || isBelow(each.path, path)));
    if (other === undefined) return;
    const hint = isBelow(path, other.path) ? `Index ${other.path} again, or take another collection` : `Forget that first (unindex), or take another collection`;
    throw new ToolError("exists", { what: "the folder", name: other.path, hint });
  }
}

/** A passage is named by its file and line, so it keeps its name as long as it stands where it stood. */
function passagesOf(path: string, text: string): SentItem[] {
  const seen = new Map<number, number>();
  return splitFile(path, text).map(({ text: passage, line, end, heading, kind }) => {
    const before = seen.get(line) ?? 0;
    seen.set(line, before + 1);
    return { id: before === 0 ? `${path}:${line}` : `${path}:${line}+${before}`, text: passage, metadata: { path, line, end, ...(heading === undefined ? {} : { heading }), kind } };
  });
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
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
