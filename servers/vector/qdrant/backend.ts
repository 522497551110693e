import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts, Hit, Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { Backend, Indexed, Query, Selection, Space as CollectionSpace, Work } from "../backend.ts";
import type { Embedder } from "../embedders/embedder.ts";
import type { Filter } from "../filter.ts";
import type { Weights } from "../fusion.ts";
import { addAll } from "./adding.ts";
import { Points } from "./answers.ts";
import { Collection, collectionNames, UNKNOWN } from "./collection.ts";
import { type Condition, conditionOf } from "./condition.ts";
import { type Ask, Connection, type Patience } from "./connection.ts";
import { deleteMatching, deleteRows } from "./deleting.ts";
import { create, ensure, factsFor, undefinedIfMissing } from "./making.ts";
import { DENSE, pointIdOf, pointOf, rowOf } from "./point.ts";
import { scroll } from "./scroll.ts";
import { find, type Wanted, wantedOf } from "./search.ts";
import { queryTerms } from "./sparse.ts";
import { Turns } from "./turns.ts";
import { changedVector, queryVector, type Space } from "./vectors.ts";

export interface QdrantOptions {
  /** `qdrant+http://host:6333` or `qdrant+https://…` */
  readonly uri: string;
  readonly apiKey: string | null;
  readonly tool: string;
  /** Its id and dimensions are read when they are needed. Null: texts are found by their words alone, and vectors have to be given. */
  readonly embedder: Embedder | null;
  /** As they are at the moment. */
  readonly weights: () => Weights;
  readonly log: Log;
  readonly patience?: Partial<Patience>;
}

/** Keeps collections at a Qdrant server, version 1.10 or newer. Nothing is kept here, and nothing is asked before the first request. */
export class QdrantBackend implements Backend {
  readonly #options: QdrantOptions;
  readonly #connection: Connection;
  readonly #turns = new Turns();

  /** @throws ToolError `invalid-request` for an address that is none */
  constructor(options: QdrantOptions) {
    this.#options = options;
    this.#connection = new Connection(options);
  }

  /** What is far away is asked when it is needed. */
  prepare(): Promise<void> {
    return Promise.resolve();
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
      const row = await this.get(name, id, true);
      const vector = await changedVector(row, change, space, work.signal);
      const point = pointOf({ ...row, ...change, id }, vector);
      await collection.change((api, init) => api.upsertPoints({ collection_name: collection.remote, wait: true, points: [point] }, init));
    });
  }

  async get(name: string, id: string, withVector: boolean): Promise<Row> {
    const collection = this.#at(name);
    const ask: Ask = (api, init) => api.getPoints({ collection_name: collection.remote, ids: [pointIdOf(id)], with_payload: true, with_vector: withVector ? [DENSE] : false }, init);
    const [point] = await this.#connection.read(Points, ask, { missing: collection.missing });
    const row = point === undefined ? null : rowOf(point);
    if (row === null) throw new ToolError("not-found", { what: "row", name: id, where: `the collection '${name}'` });
    return row;
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

  drop(name: string): Promise<void> {
    return this.#at(name).drop();
  }

  async *rows(name: string, work: Work): AsyncGenerator<readonly Row[]> {
    const collection = this.#at(name);
    const { dimensions } = await collection.facts(work.signal);
    yield* scroll(this.#connection, collection, dimensions, work.signal);
  }

  index(): Promise<Indexed> {
    return Promise.reject(this.#unsupported("index folders into a Qdrant server", "Add the texts with `add` or `import`, or keep the collection on this machine"));
  }

  unindex(name: string, path: string): Promise<number> {
    return deleteMatching(this.#at(name), { key: ROOT, match: { value: path } });
  }

  backup(): Promise<number> {
    return Promise.reject(this.#unsupported("back a collection up from a Qdrant server", SNAPSHOTS));
  }

  restore(): Promise<number> {
    return Promise.reject(this.#unsupported("restore a collection into a Qdrant server", SNAPSHOTS));
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #at(name: string): Collection {
    return new Collection(this.#connection, name);
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
    const [facts, rows] = await Promise.all([collection.remembered(), collection.count(null)]);
    return { name, rows, dimensions: facts?.dimensions ?? null, embedder: facts?.embedder ?? null, bytes: 0, folders: [], ...(facts === null ? { damage: UNKNOWN } : {}) };
  }

  #unsupported(what: string, hint: string): ToolError {
    return new ToolError("unsupported", { tool: this.#options.tool, what, hint });
  }
}

const SNAPSHOTS = "`export` and `import` carry a collection from place to place; Qdrant has snapshots of its own (POST /collections/NAME/snapshots)";
/** The folder that a passage comes from. */
const ROOT = "source.root";
