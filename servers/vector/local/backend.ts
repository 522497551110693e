import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts, Hit, Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { acquireLock, type Lock, lockHolder } from "../../../pipes/transport/lock.ts";
import type { Backend, Indexed, IndexRequest, Query, Selection, Space, Work } from "../backend.ts";
import type { Filter } from "../filter.ts";
import type { Weights } from "../fusion.ts";
import type { KeptRow, RequestName, Requests, SentItem } from "../store/messages.ts";
import { fileError, removeDrafts } from "../store/file.ts";
import { collectionsIn } from "../store/names.ts";
import { type Embedding, type RequestEvents, StoreThread } from "./thread.ts";

export interface LocalOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Of all collections; made when it is missing. */
  readonly folder: string;
  readonly durable: boolean;
  /** All collections are opened as soon as the folder is ours, and what they follow is followed. */
  readonly preload: boolean;
  readonly weights: () => Weights;
  readonly embedding: Embedding;
  /** How long another process may have the folder: the worker before this one, at a change of settings, ends soon. In ms. */
  readonly patience: number;
  readonly log: Log;
  /** Resolves when what was let go of may be in memory again. @throws ToolError `not-ready` */
  readonly room: () => Promise<void>;
  readonly following: (busy: boolean) => void;
  /** The folder is ours, or is not and why. */
  readonly claimed: (failure: ToolError | null) => void;
}

const QUIET: Work = { signal: new AbortController().signal, progress: () => undefined };
/** Nothing tells of a lock that becomes free. */
const LOOK_MS = 50;
const MOST_THREADS = 4;

/** The collections of this machine: a folder that this process alone has, and threads that have a share of the collections each. */
export class LocalBackend implements Backend {
  readonly #options: LocalOptions;
  readonly #threads: readonly StoreThread[];
  /** The folder from when it was asked for until it is let go of. */
  #claim: Promise<Lock> | null = null;
  #closing: Promise<void> | null = null;
  #progress: (name: string, value: number, total: number | null) => void = () => undefined;
  /** Ends what goes on by itself. */
  #tenure = new AbortController();
  /** It was let go of once. */
  #left = false;
  /** Threads that are reopening what another had that was lost; one that is lost at that is left alone until it is needed. */
  readonly #reopening = new Set<number>();

  constructor(options: LocalOptions) {
    this.#options = options;
    const { tool, folder, durable, embedding, following, log } = options;
    const count = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
    this.#threads = Array.from({ length: count }, (_, at) => new StoreThread(tool, { folder, durable }, embedding, { following, log, lost: (names) => void this.#reopen(at, names) }));
  }

  /** Takes the folder now, not only when something is asked for, and opens what is in it; what comes of it is told by `claimed`. */
  async prepare(onProgress: (name: string, value: number, total: number | null) => void): Promise<void> {
    this.#progress = onProgress;
    await this.#hold().catch(() => undefined);
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

  async search(collection: string, query: Query, work: Work): Promise<Hit[]> {
    if (query.query === null && (query.vector === null || query.mode === "text")) throw new ToolError("invalid-request", { path: "$.query", expected: "what to look for", got: "nothing" });
    return this.#ask("search", collection, { ...query, vector: query.vector === null ? null : Float32Array.from(query.vector), weights: this.#options.weights() }, work);
  }

  count(collection: string, filter: Filter | null): Promise<number> {
    return this.#ask("count", collection, { filter });
  }

  async collections(): Promise<CollectionFacts[]> {
    await this.#hold();
    const facts: CollectionFacts[] = [];
    for (const name of collectionsIn(this.#options.folder)) {
      try {
        facts.push(await this.#ask("facts", name, {}));
      } catch (error) {
        if (!(error instanceof ToolError && error.code === "not-found")) throw error; // it was dropped meanwhile
      }
    }
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

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = null));
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#tenure.abort(new ToolError("cancelled"));
    await Promise.all(this.#threads.map((thread) => thread.close()));
    const claim = this.#claim;
    this.#claim = null;
    this.#left = true;
    await claim?.then((lock) => lock.release(), () => undefined);
  }

  async #ask<N extends RequestName>(name: N, collection: string, args: Requests[N]["args"], events: RequestEvents = QUIET): Promise<Requests[N]["result"]> {
    if (events.signal.aborted) throw cancelled(events.signal);
    await this.#hold();
    return this.#threadOf(collection).request(name, collection, args, events);
  }

  #threadOf(collection: string): StoreThread {
    let sum = 0;
    for (let i = 0; i < collection.length; i++) sum = (sum * 31 + collection.charCodeAt(i)) >>> 0;
    return this.#threads[sum % this.#threads.length]!;
  }

  /** Resolves while the folder is ours and nothing is being closed. */
  async #hold(): Promise<void> {
    do {
      await this.#closing;
      await (this.#claim ??= this.#begin());
    } while (this.#closing !== null);
  }

  #begin(): Promise<Lock> {
    const { folder } = this.#options;
    const claim = this.#take(this.#left);
    claim.then(
      () => {
        this.#options.claimed(null);
        if (this.#options.preload) void this.#openAll(collectionsIn(folder));
      },
      (error: ToolError) => {
        if (this.#claim === claim) this.#claim = null; // the next request tries again
        this.#options.claimed(error);
      },
    );
    return claim;
  }

  /** The folder is this process's alone: two that write into it would each have a memory that the other does not know of. */
  async #take(again: boolean): Promise<Lock> {
    const { folder, patience, room } = this.#options;
    this.#tenure = new AbortController();
    const { signal } = this.#tenure;
    if (again) await room();
    const path = join(folder, "lock");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const until = performance.now() + patience; ; ) {
        const lock = acquireLock(path);
        if (lock !== null) return cleared(lock, folder);
        if (performance.now() >= until) throw new ToolError("data-locked", { path: folder, pid: lockHolder(path), hint: "Give one of the two tools another `folder:` in tools.yaml" });
        await sleep(LOOK_MS, undefined, { signal });
      }
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      throw fileError(error, folder);
    }
  }

  /** One that cannot be opened is said in the log, and by every request for it. */
  async #openAll(names: readonly string[]): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#tenure;
    for (const name of names) {
      try {
        await this.#ask("open", name, {}, { signal, progress: (_, value, total) => this.#progress(name, value, total) });
      } catch (thrown) {
        if (signal.aborted) return;
        const error = ToolError.from(thrown);
        if (error.code !== "not-found") log.error({ collection: name, code: error.code, details: error.facts }, error.message);
      }
    }
  }

  /** What a thread had that was lost is followed by the next; but if that, too, is lost, opening them is what it dies of. */
  async #reopen(at: number, names: readonly string[]): Promise<void> {
    if (!this.#options.preload || this.#reopening.has(at)) return;
    this.#reopening.add(at);
    await this.#openAll(names);
    this.#reopening.delete(at);
  }
}

function cleared(lock: Lock, folder: string): Lock {
  try {
    removeDrafts(folder);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

function sentFrom<T extends { vector?: number[] }>({ vector, ...rest }: T): Omit<T, "vector"> & Pick<SentItem, "vector"> {
  return vector === undefined ? rest : { ...rest, vector: Float32Array.from(vector) };
}

function rowFrom({ id, text, metadata, vector }: KeptRow, withVector: boolean): Row {
  return { id, text, ...(metadata === undefined ? {} : { metadata }), ...(withVector && vector !== null ? { vector: Array.from(vector) } : {}) };
}
