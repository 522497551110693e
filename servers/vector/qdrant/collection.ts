import { type Static, Type } from "typebox";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Config, Count, Done, Names, Points, Written } from "./answers.ts";
import type { Condition } from "./condition.ts";
import type { Ask, Connection } from "./connection.ts";
import { BUT_ROWS, INDEXES, RESERVED } from "./entries.ts";
import { DENSE, type NewPoint, TEXT } from "./point.ts";
import { isShaped } from "./shape.ts";

/** What a collection remembers of itself, since Qdrant does not know whose vectors it has. */
const Remembered = Type.Object({
  format: Type.Literal(1),
  embedder: Type.Union([Type.String(), Type.Null()], { description: "null where only given vectors are kept, or none" }),
  dimensions: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: "null where texts alone are kept" }),
});
export type Remembered = Static<typeof Remembered>;

/** Ours among the collections at the server. */
export const PREFIX = "pipe-tools.";
const FACTS = "pipe_tools";

interface Conditions {
  readonly must?: Condition[];
  readonly should?: Condition[];
  readonly must_not?: Condition[];
}

/** One collection at the server, as far as all questions about it have it in common. */
export class Collection {
  readonly name: string;
  /** Its name there. */
  readonly remote: string;
  readonly #connection: Connection;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.name = name;
    this.remote = PREFIX + name;
  }

  /**
   * Asked for each time: another machine may have made it anew. Null when nobody has said yet what it is for.
   * @throws ToolError `not-found`
   */
  async remembered(signal?: AbortSignal): Promise<Remembered | null> {
    const ask: Ask = (api, init) => api.getPoints({ collection_name: this.remote, ids: [RESERVED], with_payload: true, with_vector: false }, init);
    const [point] = await this.#connection.read(Points, ask, { signal, missing: this.missing });
    const facts = point?.payload?.[FACTS];
    return isShaped(Remembered, facts) ? facts : null;
  }

  /** `remembered`, of a collection that has to be whole. @throws ToolError `not-found`, `data-damaged` */
  async facts(signal?: AbortSignal): Promise<Remembered> {
    const facts = await this.remembered(signal);
    if (facts === null) throw new ToolError("data-damaged", { path: `${this.#connection.url}, collection '${this.name}'`, reason: UNKNOWN, hint: "If it is empty, `create` or the next `add` mends it; else it was not made here" });
    return facts;
  }

  /** Rows that are there now. */
  async count(condition: Condition | null, signal?: AbortSignal): Promise<number> {
    return this.#count({ must_not: [BUT_ROWS], ...(condition === null ? {} : { must: [condition] }) }, signal);
  }

  /** Whether nothing would be lost with it: it has neither rows nor folders, nor what somebody else has put in. */
  async isEmpty(): Promise<boolean> {
    return (await this.#count({ must_not: [{ has_id: [RESERVED] }] })) === 0;
  }

  /** What a collection remembers beside its rows. */
  async countEntries(condition: Condition): Promise<number> {
    return this.#count({ must: [condition] });
  }

  async #count(filter: Conditions, signal?: AbortSignal): Promise<number> {
    const ask: Ask = (api, init) => api.countPoints({ collection_name: this.remote, filter, exact: true }, init);
    return (await this.#connection.read(Count, ask, { signal, missing: this.missing })).count;
  }

  /** Numbers in its vectors, as Qdrant itself knows it; null when it takes none. */
  async size(): Promise<number | null> {
    const { config } = await this.#connection.read(Config, (api, init) => api.getCollection({ collection_name: this.remote }, init), { missing: this.missing });
    return config.params.vectors?.[DENSE]?.size ?? null;
  }

  /** @throws ToolError `exists` */
  async make(facts: Remembered): Promise<void> {
    const vectors = facts.dimensions === null ? {} : { [DENSE]: { size: facts.dimensions, distance: "Cosine" as const } };
    const ask: Ask = (api, init) => api.createCollection({ collection_name: this.remote, vectors, sparse_vectors: { [TEXT]: { modifier: "idf" } } }, init);
    await this.#connection.write(Done, ask, { conflicting: () => new ToolError("exists", { what: "collection", name: this.name }) });
    await this.indexPayload();
    await this.remember(facts);
  }

  /** Makes the indexes that our own questions need; those that are there stay as they are. */
  async indexPayload(): Promise<void> {
    for (const field_name of INDEXES) await this.change((api, init) => api.createFieldIndex({ collection_name: this.remote, wait: true, field_name, field_schema: "keyword" }, init));
  }

  async remember(facts: Remembered): Promise<void> {
    await this.put([{ id: RESERVED, payload: { [FACTS]: facts }, vector: {} }]);
  }

  async drop(): Promise<void> {
    const was = await this.#connection.write(Type.Boolean(), (api, init) => api.deleteCollection({ collection_name: this.remote }, init), { missing: this.missing });
    if (!was) throw this.missing();
  }

  /** On disk when this resolves; those of the same id are replaced. */
  async put(points: NewPoint[]): Promise<void> {
    await this.change((api, init) => api.upsertPoints({ collection_name: this.remote, wait: true, points }, init));
  }

  /** Off the disk when this resolves. */
  async remove(filter: Conditions): Promise<void> {
    await this.change((api, init) => api.deletePoints({ collection_name: this.remote, wait: true, filter }, init));
  }

  /** A change that has to be on disk when this resolves; what is asked has to say `wait: true`. */
  async change(ask: Ask): Promise<void> {
    const { status } = await this.#connection.write(Written, ask, { missing: this.missing });
    if (status !== "completed") throw new ToolError("backend-failed", { url: this.#connection.url, reason: `the change was taken, but not confirmed (${status})`, hint: "The server is busy; the same may be said again" });
  }

  readonly missing = (): ToolError => new ToolError("not-found", { what: "collection", name: this.name, hint: "The first add makes it" });
}

export const UNKNOWN = "it does not say whose vectors it has";

/** The names of ours, in order. */
export async function collectionNames(connection: Connection): Promise<string[]> {
  const { collections } = await connection.read(Names, (api, init) => api.getCollections({}, init));
  return collections.flatMap(({ name }) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])).sort();
}
