import { statSync } from "node:fs";
import { join } from "node:path";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Space } from "../backend.ts";
import type { FollowEvents } from "../indexing/folders.ts";
import { isSame } from "../same.ts";
import { Collection } from "./collection.ts";
import { backUp, putBack } from "./copies.ts";
import { fileError, isThere, removeAll } from "./file.ts";
import type { RequestName, Requests, StoreOptions } from "./messages.ts";
import { collectionsIn, ENDING, NAME } from "./names.ts";
import { Opened, type Task } from "./opened.ts";
import type { Vectors } from "./vectors.ts";

type Handlers = { readonly [N in RequestName]: (collection: string, args: Requests[N]["args"], task: Task) => Requests[N]["result"] | Promise<Requests[N]["result"]> };

/** The collections of a folder, a file each, opened when they are first asked for and kept open. */
export class Store {
  readonly #options: StoreOptions;
  readonly #vectors: Vectors;
  readonly #events: FollowEvents;
  readonly #opened = new Map<string, Promise<Opened>>();
  /** Names whose file is being taken away or replaced; each resolves when that is over. */
  readonly #changing = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: StoreOptions, vectors: Vectors, events: FollowEvents) {
    this.#options = options;
    this.#vectors = vectors;
    this.#events = events;
  }

  /** @throws ToolError */
  async perform<N extends RequestName>(name: N, collection: string, args: Requests[N]["args"], task: Task): Promise<Requests[N]["result"]> {
    return this.#handlers[name](collection, args, task);
  }

  /** Whatever is wrong with one, the others are closed. @throws what went wrong first */
  async close(): Promise<void> {
    this.#closing.abort(new ToolError("cancelled", { reason: "the collections are being closed" }));
    await Promise.all(this.#changing.values());
    const closed = await Promise.allSettled([...this.#opened.keys()].map((name) => this.#shut(name)));
    for (const each of closed) if (each.status === "rejected") throw each.reason;
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
    drop: (name) => this.#change(name, () => this.#drop(name)),
    backup: async (name, { path }, task) => backUp(await this.#open(name, task), path),
    restore: async (name, { path }, task) => {
      await this.#change(name, () => this.#restore(name, path, task));
      return (await this.#open(name, task)).collection.size;
    },
  };

  #pathOf(name: string): string {
    if (!NAME.test(name)) throw new ToolError("invalid-request", { path: "$.collection", expected: "letters, digits, '.', '_' and '-', 64 at most", got: name });
    return join(this.#options.folder, `${name}${ENDING}`);
  }

  #open(name: string, task: Task, create = false): Promise<Opened> {
    const changing = this.#changing.get(name);
    if (changing !== undefined) return changing.then(() => this.#open(name, task, create));
    return this.#reach(name, task, create);
  }

  /** As `#open`, for whoever changes the file. */
  #reach(name: string, task: Task, create = false): Promise<Opened> {
    if (this.#closing.signal.aborted) return Promise.reject(cancelled(this.#closing.signal));
    let opened = this.#opened.get(name);
    if (opened === undefined) {
      opened = this.#load(name, create, task);
      this.#opened.set(name, opened);
      // The next request tries again, and says what is wrong.
      opened.catch(() => this.#opened.get(name) === opened && this.#opened.delete(name));
    }
    return opened;
  }

  /** While a file is taken away or replaced, nobody opens it: what was written into it would be gone. */
  #change<T>(name: string, act: () => Promise<T>): Promise<T> {
    const done = (this.#changing.get(name) ?? Promise.resolve()).then(act);
    const over = done
      .catch(() => undefined) // whoever asked has the error
      .then(() => {
        if (this.#changing.get(name) === over) this.#changing.delete(name);
      });
    this.#changing.set(name, over);
    return done;
  }

  async #load(name: string, create: boolean, task: Task): Promise<Opened> {
    const path = this.#pathOf(name);
    if (!create && !isThere(path)) throw missing(name, this.#options.folder);
    const collection = await Collection.open(path, { durable: this.#options.durable, signal: this.#closing.signal, onProgress: (value, total) => task.progress("loading", value, total) });
    const opened = new Opened(name, collection, this.#vectors);
    try {
      await opened.folders.resume(this.#events);
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  async #facts(name: string, task: Task): Promise<CollectionFacts> {
    try {
      return (await this.#open(name, task)).facts();
    } catch (thrown) {
      const error = ToolError.from(thrown);
      if (!WITH_THE_FILE.has(error.code)) throw error;
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
    if (!isThere(path)) throw missing(name, this.#options.folder);
    await this.#shut(name);
    try {
      removeAll(path);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async #restore(name: string, from: string, task: Task): Promise<void> {
    const path = this.#pathOf(name);
    if (isThere(path) && !(await this.#isDamaged(name, task))) throw new ToolError("exists", { what: "the collection", name, hint: "Drop it first, or restore under another name" });
    await this.#shut(name);
    await putBack(from, path, this.#closing.signal);
  }

  /** @throws ToolError what keeps it from being opened, where that says nothing of the file */
  async #isDamaged(name: string, task: Task): Promise<boolean> {
    try {
      return (await this.#reach(name, task)).collection.db.damage !== null;
    } catch (error) {
      if (error instanceof ToolError && UNUSABLE.has(error.code)) return true;
      throw error;
    }
  }

  async #shut(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    this.#opened.delete(name);
    await opened?.then((open) => open.close(), () => undefined);
  }
}

/** Something stands in a collection's place that is none, or not whole. */
const UNUSABLE: ReadonlySet<string> = new Set(["data-damaged", "unsafe-file"]);
/** What keeps a collection from being opened and lies in its file, not in the request. */
const WITH_THE_FILE: ReadonlySet<string> = new Set([...UNUSABLE, "not-ours", "file-failed", "data-locked", "disk-full"]);

function missing(name: string, folder: string): ToolError {
  const known = collectionsIn(folder);
  const hint = known.length === 0 ? "There is none yet; the first add or index makes one" : `There are ${known.join(", ")}`;
  return new ToolError("not-found", { what: "collection", name, hint });
}
