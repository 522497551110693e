import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts, Hit, Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { acquireLock, type Lock, lockHolder } from "../../../pipes/transport/lock.ts";
import type { Backend, Indexed, IndexRequest, Query, Selection, Space, Work } from "../backend.ts";
import type { Filter } from "../filter.ts";
import type { Weights } from "../fusion.ts";
import type { KeptRow, RequestName, Requests, SentItem } from "../store/messages.ts";
import { collectionsIn } from "../store/store.ts";
import { type Embedding, type RequestEvents, StoreThread } from "./thread.ts";

export interface LocalOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Of all collections; made when it is missing. */
  readonly folder: string;
  readonly durable: boolean;
  readonly weights: () => Weights;
  readonly embedding: Embedding;
  /** How long another process may have the folder: the worker before this one, at a change of settings, ends soon. In ms. */
  readonly patience: number;
  readonly log: Log;
  readonly following: (busy: boolean) => void;
}

const QUIET: Work = { signal: new AbortController().signal, progress: () => undefined };
/** Nothing tells of a lock that becomes free. */
const LOOK_MS = 50;
const MOST_THREADS = 4;

/** The collections of this machine: a folder that this process alone has, and threads that have a share of the collections each. */
export class LocalBackend implements Backend {
  readonly #options: LocalOptions;
  readonly #threads: readonly StoreThread[];
  #lock: Promise<Lock> | null = null;

  constructor(options: LocalOptions) {
    this.#options = options;
    const { tool, folder, durable, embedding, following, log } = options;
    const count = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
    this.#threads = Array.from({ length: count }, () => new StoreThread(tool, { folder, durable }, embedding, { following, log }));
  }

  /** Opens every collection that is there; one that is damaged is said in the log, and by every request for it. @throws ToolError `data-locked` */
  async prepare(onProgress: (name: string, value: number, total: number | null) => void): Promise<void> {
    await this.#claim();
    for (const name of collectionsIn(this.#options.folder)) {
      try {
        await this.#ask("open", name, {}, { ...QUIET, progress: (_, value, total) => onProgress(name, value, total) });
      } catch (thrown) {
        const error = ToolError.from(thrown);
        this.#options.log.error({ collection: name, code: error.code, details: error.facts }, error.message);
      }
    }
  }

  async add(collection: string, items: readonly Item[], work: Work, onAdded: (ids: readonly string[]) => void): Promise<void> {
    await this.#ask("add", collection, { items: items.map(sentFrom) }, { ...work, onPart: onAdded });
  }

  async update(collection: string, id: string, change: Partial<Pick<Item, "text" | "metadata" | "vector">>, work: Work): Promise<void> {
    await this.#ask("update", collection, { id, change: sentFrom(change) }, work);
  }

  async get(collection: string, id: string, withVector: boolean): Promise<Row> {
    return rowFrom(await this.#ask("get", collection, { id, withVector }), withVector);
  }

  delete(collection: string, selection: Selection): Promise<number> {
    return this.#ask("delete", collection, selection);
  }

  search(collection: string, query: Query, work: Work): Promise<Hit[]> {
    return this.#ask("search", collection, { ...query, vector: query.vector === null ? null : Float32Array.from(query.vector), weights: this.#options.weights() }, work);
  }

  count(collection: string, filter: Filter | null): Promise<number> {
    return this.#ask("count", collection, { filter });
  }

  async collections(): Promise<CollectionFacts[]> {
    await this.#claim();
    const facts: CollectionFacts[] = [];
    for (const name of collectionsIn(this.#options.folder)) facts.push(await this.#ask("facts", name, {}));
    return facts;
  }

  create(collection: string, space: Space | null): Promise<void> {
    return this.#ask("create", collection, { space });
  }

  space(collection: string): Promise<Space | null> {
    return this.#ask("space", collection, {});
  }

  drop(collection: string): Promise<void> {
    return this.#ask("drop", collection, {});
  }

  async *rows(collection: string, work: Work): AsyncGenerator<readonly Row[]> {
    for (let from: number | null = 0; from !== null; ) {
      const page: Requests["page"]["result"] = await this.#ask("page", collection, { from }, work);
      yield page.rows.map((row) => rowFrom(row, true));
      from = page.next;
    }
  }

  index(collection: string, request: IndexRequest, work: Work): Promise<Indexed> {
    return this.#ask("index", collection, request, work);
  }

  unindex(collection: string, path: string): Promise<number> {
    return this.#ask("unindex", collection, { path });
  }

  backup(collection: string, path: string, work: Work): Promise<number> {
    return this.#ask("backup", collection, { path }, work);
  }

  restore(collection: string, path: string, work: Work): Promise<number> {
    return this.#ask("restore", collection, { path }, work);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
    const lock = this.#lock;
    this.#lock = null;
    await lock?.then((held) => held.release(), () => undefined);
  }

  async #ask<N extends RequestName>(name: N, collection: string, args: Requests[N]["args"], events: RequestEvents = QUIET): Promise<Requests[N]["result"]> {
    await this.#claim();
    return this.#threadOf(collection).request(name, collection, args, events);
  }

  #threadOf(collection: string): StoreThread {
    let sum = 0;
    for (let i = 0; i < collection.length; i++) sum = (sum * 31 + collection.charCodeAt(i)) >>> 0;
    return this.#threads[sum % this.#threads.length]!;
  }

  /** The folder is this process's alone: two that write into it would each have a memory that the other does not know of. */
  #claim(): Promise<Lock> {
    this.#lock ??= this.#take();
    this.#lock.catch(() => (this.#lock = null));
    return this.#lock;
  }

  async #take(): Promise<Lock> {
    const { folder, patience } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, "lock");
    for (const until = performance.now() + patience; ; ) {
      const lock = acquireLock(path);
      if (lock !== null) return lock;
      if (performance.now() >= until) throw new ToolError("data-locked", { path: folder, pid: lockHolder(path), hint: "Give one of the two tools another `folder:` in tools.yaml" });
      await sleep(LOOK_MS);
    }
  }
}

function sentFrom<T extends { vector?: number[] }>({ vector, ...rest }: T): Omit<T, "vector"> & Pick<SentItem, "vector"> {
  return vector === undefined ? rest : { ...rest, vector: Float32Array.from(vector) };
}

function rowFrom({ id, text, metadata, vector }: KeptRow, withVector: boolean): Row {
  return { id, text, ...(metadata === undefined ? {} : { metadata }), ...(withVector && vector !== null ? { vector: Array.from(vector) } : {}) };
}
