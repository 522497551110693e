import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { copyFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts } from "../../../pipes/protocol/interfaces/vector.ts";
import { COLLECTION_PATTERN } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Space } from "../backend.ts";
import type { FollowEvents } from "../indexing/folders.ts";
import { Collection } from "./collection.ts";
import { Database } from "./database.ts";
import type { RequestName, Requests, StoreOptions } from "./messages.ts";
import { Opened, type Task } from "./opened.ts";
import { isSame } from "./prepare.ts";
import type { Vectors } from "./vectors.ts";

export const ENDING = ".sqlite";
/** What SQLite keeps beside a file while it is open. */
const BESIDE = ["-wal", "-shm", "-journal"];

type Handlers = { readonly [N in RequestName]: (collection: string, args: Requests[N]["args"], task: Task) => Requests[N]["result"] | Promise<Requests[N]["result"]> };

/** The collections of a folder, a file each, opened when they are first asked for and kept open. */
export class Store {
  readonly #options: StoreOptions;
  readonly #vectors: Vectors;
  readonly #events: FollowEvents;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(options: StoreOptions, vectors: Vectors, events: FollowEvents) {
    this.#options = options;
    this.#vectors = vectors;
    this.#events = events;
  }

  /** @throws ToolError */
  async perform<N extends RequestName>(name: N, collection: string, args: Requests[N]["args"], task: Task): Promise<Requests[N]["result"]> {
    return this.#handlers[name](collection, args, task);
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    for (const each of opened) await each.then((open) => open.close(), () => undefined);
  }

  readonly #handlers: Handlers = {
    open: async (name, _, task) => void (await this.#open(name, task)),
    add: async (name, { items }, task) => (await this.#open(name, task, true)).add(items, task),
    update: async (name, { id, change }, task) => (await this.#open(name, task)).update(id, change),
    get: async (name, { id, withVector }, task) => (await this.#open(name, task)).get(id, withVector),
    delete: async (name, selection, task) => (await this.#open(name, task)).delete(selection),
    search: async (name, query, task) => (await this.#open(name, task)).search(query, task),
    count: async (name, { filter }, task) => (await this.#open(name, task)).count(filter),
    facts: async (name, _, task) => this.#facts(name, task),
    space: async (name, _, task) => (await this.#open(name, task)).collection.space,
    create: async (name, { space }, task) => this.#create(name, space, task),
    page: async (name, { from }, task) => (await this.#open(name, task)).page(from),
    index: async (name, request, task) => (await this.#open(name, task, true)).folders.index(request, task, this.#events),
    unindex: async (name, { path }, task) => (await this.#open(name, task)).folders.unindex(path),
    drop: (name) => this.#drop(name),
    backup: async (name, { path }, task) => this.#backup(await this.#open(name, task), path),
    restore: (name, { path }, task) => this.#restore(name, path, task),
  };

  #pathOf(name: string): string {
    if (!new RegExp(COLLECTION_PATTERN).test(name)) throw new ToolError("invalid-request", { path: "$.collection", expected: "letters, digits, '.', '_' and '-', 64 at most", got: name });
    return join(this.#options.folder, `${name}${ENDING}`);
  }

  #open(name: string, task: Task, create = false): Promise<Opened> {
    let opened = this.#opened.get(name);
    if (opened === undefined) {
      opened = this.#load(name, create, task);
      this.#opened.set(name, opened);
      // The next request tries again, and says what is wrong.
      opened.catch(() => this.#opened.get(name) === opened && this.#opened.delete(name));
    }
    return opened;
  }

  async #load(name: string, create: boolean, task: Task): Promise<Opened> {
    const path = this.#pathOf(name);
    if (!create && !existsSync(path)) throw missing(name, this.#options.folder);
    const collection = await Collection.open(path, { durable: this.#options.durable, onProgress: (value, total) => task.progress("loading", value, total) });
    const opened = new Opened(name, collection, this.#vectors);
    await opened.folders.resume(this.#events);
    return opened;
  }

  async #facts(name: string, task: Task): Promise<CollectionFacts> {
    try {
      return (await this.#open(name, task)).facts();
    } catch (thrown) {
      const error = ToolError.from(thrown);
      if (error.code === "not-found") throw error;
      const bytes = statSync(this.#pathOf(name), { throwIfNoEntry: false })?.size ?? 0;
      return { name, rows: 0, dimensions: null, embedder: null, bytes, folders: [], damage: error.message };
    }
  }

  /** Without a space its first row decides. */
  async #create(name: string, space: Space | null, task: Task): Promise<void> {
    const { collection } = await this.#open(name, task, true);
    if (space === null) return;
    if (collection.space === null) collection.settle(space);
    else if (!isSame(collection.space, space)) throw new ToolError("exists", { what: "the collection", name, hint: `It has vectors of ${collection.space.dimensions} dimensions, ${collection.space.embedder === null ? "brought along" : `made by ${collection.space.embedder}`}` });
  }

  async #drop(name: string): Promise<void> {
    const path = this.#pathOf(name);
    if (!existsSync(path)) throw missing(name, this.#options.folder);
    await this.#shut(name);
    for (const ending of ["", ...BESIDE]) rmSync(path + ending, { force: true });
  }

  async #backup({ collection, writer }: Opened, path: string): Promise<number> {
    if (existsSync(path)) throw new ToolError("exists", { what: "the file", name: path, hint: "Take another name" });
    const draft = `${path}.${process.pid}.part`;
    try {
      await writer.alone(() => collection.db.copyTo(draft));
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw ToolError.from(error, "file-failed", { path });
    }
    return (await stat(path)).size;
  }

  /** The copy is read whole before it takes the place of anything; what was damaged is put aside, not deleted. */
  async #restore(name: string, from: string, task: Task): Promise<number> {
    const path = this.#pathOf(name);
    const broken = existsSync(path) && (await this.#isDamaged(name, task));
    if (existsSync(path) && !broken) throw new ToolError("exists", { what: "the collection", name, hint: "Drop it first, or restore under another name" });
    const draft = `${path}.restoring`;
    try {
      await copyFile(from, draft);
      const copy = new Database(draft, { durable: true, create: false });
      try {
        copy.check();
      } finally {
        copy.close();
      }
      if (broken) for (const ending of ["", ...BESIDE]) if (existsSync(path + ending)) renameSync(path + ending, `${path}.damaged-${Date.now()}${ending}`);
      await rename(draft, path);
    } catch (error) {
      for (const ending of ["", ...BESIDE]) await rm(draft + ending, { force: true });
      throw ToolError.from(error, "file-failed", { path: from });
    }
    return (await this.#open(name, task)).collection.size;
  }

  async #isDamaged(name: string, task: Task): Promise<boolean> {
    try {
      await this.#open(name, task);
      return false;
    } catch (error) {
      return error instanceof ToolError && error.code === "data-damaged";
    }
  }

  async #shut(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    this.#opened.delete(name);
    await opened?.then((open) => open.close(), () => undefined);
  }
}

/** The names of the collections that are there. */
export function collectionsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length)).sort();
}

function missing(name: string, folder: string): ToolError {
  const known = collectionsIn(folder);
  const hint = known.length === 0 ? "There is none yet; the first add or index makes one" : `There are ${known.join(", ")}`;
  return new ToolError("not-found", { what: "collection", name, hint });
}
