import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts, Hit, Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { Backend, Indexed, IndexRequest, Query, Selection, Space as CollectionSpace, Work } from "../backend.ts";
import type { Embedder } from "../embedders/embedder.ts";
import type { Filter } from "../filter.ts";
import type { Weights } from "../fusion.ts";
import { addAll } from "./adding.ts";
import { type Point, Points } from "./answers.ts";
import { QdrantCatalogue } from "./catalogue.ts";
import { Collection, collectionNames, UNKNOWN } from "./collection.ts";
import { type Condition, conditionOf } from "./condition.ts";
import { type Ask, Connection, type Patience } from "./connection.ts";
import { deleteMatching, deleteRows } from "./deleting.ts";
import { create, ensure, factsFor, undefinedIfMissing } from "./making.ts";
import { OpenFolders } from "./open-folders.ts";
import { DENSE, pointIdOf, pointOf, rowOf, sourceOf } from "./point.ts";
import { scroll } from "./scroll.ts";
import { find, type Wanted, wantedOf } from "./search.ts";
import { queryTerms } from "./sparse.ts";
import { Turns } from "../turns.ts";
import { changedVector, queryVector, type Space } from "./vectors.ts";

export interface QdrantOptions {
  /** `qdrant+http://host:6333` or `qdrant+https://…` */
  readonly uri: string;
  readonly apiKey: string | null;
  readonly tool: string;
  /** Its id and dimensions are read when they are needed. Null: texts are found by their words alone, and vectors have to be given. */
  readonly embedder: Embedder | null;
  /** Resolves when it has them. Absent where it always has. */
  readonly embedderReady?: (signal: AbortSignal) => Promise<unknown>;
  /** As they are at the moment. */
  readonly weights: () => Weights;
  readonly log: Log;
  /** A followed folder is being taken in anew, or no more. */
  readonly following: (busy: boolean) => void;
  readonly patience?: Partial<Patience>;
}

/** Keeps collections at a Qdrant server, version 1.10 or newer. Nothing of them is kept here but which folders are followed. */
export class QdrantBackend implements Backend {
  readonly #options: QdrantOptions;
  readonly #connection: Connection;
  readonly #turns = new Turns();
  readonly #folders: OpenFolders;
  /** Of what is under way with no request behind it. */
  #closing = new AbortController();

  /** @throws ToolError `invalid-request` for an address that is none */
  constructor(options: QdrantOptions) {
    this.#options = options;
    this.#connection = new Connection(options);
    this.#folders = new OpenFolders({ catalogueOf: (name) => this.#catalogue(name), following: options.following, log: options.log });
  }

  /** Follows again what was followed. A server that is not there yet is asked by the first request, and this goes on then. */
  async prepare(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const names = await collectionNames(this.#connection);
      if (!signal.aborted) await Promise.allSettled(names.map((name) => this.#folders.of(name))); // what fails is in the log by then
    } catch (thrown) {
      const error = ToolError.from(thrown);
      this.#options.log.warn({ code: error.code, details: error.facts }, error.message);
    }
  }

  async add(name: string, items: readonly Item[], work: Work, onAdded: (ids: readonly string[]) => void | Promise<void>): Promise<void> {
    const collection = this.#at(name);
    // Who brings the first vector brings all of them: that one of theirs has as many numbers as one of ours means nothing.
    const facts = await ensure(collection, () => factsFor(this.#options.embedder, items[0]?.vector?.length ?? null));
    await addAll(collection, items, this.#space(name, facts), work, onAdded);
  }

  async update(name: string, id: string, change: Partial<Pick<Item, "text" | "metadata" | "vector">>, work: Work): Promise<void> {
    const collection = this.#at(name);
    // It is read, changed and written as a whole, so that text, terms and vector always belong together.
    await this.#turns.take(`${name}/${id}`, async () => {
      const space = this.#space(name, await collection.facts(work.signal));
      const { point, row } = await this.#find(collection, id, true);
      const vector = await changedVector(row, change, space, work.signal);
      await collection.put([pointOf({ ...row, ...change, id }, vector, sourceOf(point))]);
    });
  }

  async get(name: string, id: string, withVector: boolean): Promise<Row> {
    return (await this.#find(this.#at(name), id, withVector)).row;
  }

  delete(name: string, selection: Selection): Promise<number> {
    const collection = this.#at(name);
    return "ids" in selection ? deleteRows(collection, selection.ids) : deleteMatching(collection, this.#condition(selection.filter));
  }

  async search(name: string, query: Query, work: Work): Promise<Hit[]> {
    const collection = this.#at(name);
    const condition = this.#condition(query.filter);
    const { byText, byVector } = wantedOf(query);
    const space = this.#space(name, await collection.facts(work.signal));
    const vector = byVector ? await queryVector(query, space, work.signal) : null;
    const wanted: Wanted = { terms: byText ? queryTerms(query.query ?? "") : null, vector };
    return find(this.#connection, collection, query, wanted, condition, this.#options.weights(), work);
  }

  count(name: string, filter: Filter | null): Promise<number> {
    return this.#at(name).count(this.#condition(filter));
  }

  async collections(): Promise<CollectionFacts[]> {
    const names = await collectionNames(this.#connection);
    const found = await Promise.all(names.map((name) => this.#describe(name).catch(undefinedIfMissing)));
    return found.filter((facts) => facts !== undefined);
  }

  create(name: string, space: CollectionSpace | null): Promise<void> {
    return create(this.#at(name), { format: 1, embedder: space?.embedder ?? null, dimensions: space?.dimensions ?? null });
  }

  async space(name: string): Promise<CollectionSpace | null> {
    const { embedder, dimensions } = await this.#at(name).facts();
    return dimensions === null ? null : { embedder, dimensions };
  }

  async drop(name: string): Promise<void> {
    await this.#folders.close(name);
    await new Collection(this.#connection, name).drop();
  }

  async *rows(name: string, work: Work): AsyncGenerator<readonly Row[]> {
    const collection = this.#at(name);
    const { dimensions } = await collection.facts(work.signal);
    yield* scroll(this.#connection, collection, dimensions, work.signal);
  }

  async index(name: string, request: IndexRequest, work: Work): Promise<Indexed> {
    return (await this.#folders.of(name)).index(request, work, this.#folders.events);
  }

  async unindex(name: string, path: string): Promise<number> {
    await this.#at(name).remembered(); // whether there is one
    return (await this.#folders.of(name)).unindex(path);
  }

  backup(): Promise<number> {
    return Promise.reject(this.#unsupported("back a collection up from a Qdrant server", SNAPSHOTS));
  }

  restore(): Promise<number> {
    return Promise.reject(this.#unsupported("restore a collection into a Qdrant server", SNAPSHOTS));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#closing = new AbortController();
    await this.#folders.closeAll();
    this.#connection.close();
  }

  /** For a request: the first one that concerns a collection is the time to follow what it says is followed. */
  #at(name: string): Collection {
    this.#folders.wake(name);
    return new Collection(this.#connection, name);
  }

  #catalogue(name: string): QdrantCatalogue {
    const { tool, embedder, embedderReady = () => Promise.resolve() } = this.#options;
    return new QdrantCatalogue(new Collection(this.#connection, name), { connection: this.#connection, tool, embedder, embedderReady });
  }

  async #find(collection: Collection, id: string, withVector: boolean): Promise<{ readonly point: Point; readonly row: Row }> {
    const ask: Ask = (api, init) => api.getPoints({ collection_name: collection.remote, ids: [pointIdOf(id)], with_payload: true, with_vector: withVector ? [DENSE] : false }, init);
    const [point] = await this.#connection.read(Points, ask, { missing: collection.missing });
    const row = point === undefined ? null : rowOf(point);
    if (point === undefined || row === null) throw new ToolError("not-found", { what: "row", name: id, where: `the collection '${collection.name}'` });
    return { point, row };
  }

  #space(collection: string, facts: Space["facts"]): Space {
    return { collection, facts, tool: this.#options.tool, embedder: this.#options.embedder };
  }

  #condition(filter: Filter | null): Condition | null {
    return filter === null ? null : conditionOf(filter, this.#options.tool);
  }

  /** Of the size on the server's disk it tells nothing. */
  async #describe(name: string): Promise<CollectionFacts> {
    const collection = this.#at(name);
    const [facts, rows, folders] = await Promise.all([collection.remembered(), collection.count(null), this.#catalogue(name).facts()]);
    return { name, rows, dimensions: facts?.dimensions ?? null, embedder: facts?.embedder ?? null, bytes: 0, folders, ...(facts === null ? { damage: UNKNOWN } : {}) };
  }

  #unsupported(what: string, hint: string): ToolError {
    return new ToolError("unsupported", { tool: this.#options.tool, what, hint });
  }
}

const SNAPSHOTS = "`export` and `import` carry a collection from place to place; Qdrant has snapshots of its own (POST /collections/NAME/snapshots)";
