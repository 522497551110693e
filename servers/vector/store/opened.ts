import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CollectionFacts, Hit } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Selection } from "../backend.ts";
import type { Filter } from "../filter.ts";
import { Folders } from "../indexing/folders.ts";
import { SqliteCatalogue } from "./catalogue.ts";
import type { Collection } from "./collection.ts";
import type { KeptRow, Page, SentChange, SentItem, SentQuery } from "./messages.ts";
import { idOf } from "../identity.ts";
import { checkLength, type Incoming, prepare, queryVector } from "./prepare.ts";
import { search } from "./search.ts";
import type { Stored } from "./stored.ts";
import type { Vectors } from "./vectors.ts";
import { BATCH, Writer } from "./writer.ts";

/** What a request may say while it is under way. */
export interface Task {
  readonly signal: AbortSignal;
  progress(stage: string, value: number, total: number | null): void;
  /** These are on disk. */
  part(ids: readonly string[]): void;
}

const NEVER = new AbortController().signal;
/** Rows and bytes of one page. */
const PAGE_ROWS = 256;
const PAGE_BYTES = 1 << 20;

/** A collection in use: its changes one after another, its searches in between. */
export class Opened {
  readonly name: string;
  readonly collection: Collection;
  readonly folders: Folders;
  readonly #catalogue: SqliteCatalogue;
  readonly #vectors: Vectors;
  readonly writer: Writer<Incoming>;

  constructor(name: string, collection: Collection, vectors: Vectors) {
    this.name = name;
    this.collection = collection;
    this.#vectors = vectors;
    this.writer = new Writer(async (incoming) => collection.write({ put: await this.prepare(incoming, NEVER) }));
    this.#catalogue = new SqliteCatalogue(this);
    this.folders = new Folders(this.#catalogue);
  }

  prepare(incoming: readonly Incoming[], signal: AbortSignal): ReturnType<typeof prepare> {
    return prepare(this.name, this.collection, incoming, this.#vectors, signal);
  }

  async add(items: readonly SentItem[], task: Task): Promise<void> {
    const many = items.length > 1;
    const dimensions = this.collection.space?.dimensions ?? items.find(({ vector }) => vector !== undefined)?.vector?.length;
    // Before anything of it is written: half of what somebody sent is no help.
    for (const [i, { vector }] of items.entries()) if (vector !== undefined) checkLength(vector, dimensions!, many ? `$.items[${i}].vector` : "$.vector");
    for (let from = 0; from < items.length; from += BATCH) {
      if (task.signal.aborted) throw cancelled(task.signal);
      const part = items.slice(from, from + BATCH);
      await this.writer.add(part.map((item, i) => ({ item, path: many ? `$.items[${from + i}]` : "$" })));
      task.part(part.map((item) => idOf(item)));
      if (many) task.progress("adding", from + part.length, items.length);
    }
  }

  async update(id: string, change: SentChange): Promise<void> {
    await this.writer.alone(async () => {
      const { row, text, metadata, vector } = this.#find(id);
      // A model's vector of the text before does not hold for another one; who brings vectors has said nothing of a new one.
      const keeps = change.text === undefined || this.collection.space?.embedder === null;
      const kept = keeps && vector !== null ? { vector } : {};
      const item: SentItem = { id, text, ...(metadata === undefined ? {} : { metadata }), ...kept, ...change };
      const file = this.#catalogue.fileOf(row);
      const put = await this.prepare([{ item, path: "$", ...(file === null ? {} : { file }) }], NEVER);
      this.collection.write({ put });
    });
  }

  get(id: string, withVector: boolean): Promise<KeptRow> {
    return this.#completed(this.#find(id), withVector);
  }

  delete(selection: Selection): Promise<number> {
    return this.writer.alone(() => {
      const rows = "ids" in selection ? [...new Set(this.collection.rowsOf(selection.ids))] : [...this.collection.rowsMatching(selection.filter)];
      return this.#removeAll(rows);
    });
  }

  async search(query: SentQuery, task: Task): Promise<Hit[]> {
    const vector = await queryVector(this.name, this.collection, query, this.#vectors, task.signal);
    return search(this.collection, { ...query, vector });
  }

  count(filter: Filter | null): number {
    return filter === null ? this.collection.size : this.collection.rowsMatching(filter).size;
  }

  facts(): CollectionFacts {
    const { space, size, bytes, db } = this.collection;
    const folders = this.#catalogue.facts();
    return { name: this.name, rows: size, dimensions: space?.dimensions ?? null, embedder: space?.embedder ?? null, bytes, folders, ...(db.damage === null ? {} : { damage: db.damage }) };
  }

  page(from: number): Page {
    const found = this.collection.readFrom(from, PAGE_ROWS);
    let bytes = 0;
    const end = found.findIndex(({ text, vector }) => (bytes += text.length + (vector?.byteLength ?? 0)) > PAGE_BYTES);
    const rows = end === -1 ? found : found.slice(0, end + 1);
    const next = rows.length < found.length || found.length === PAGE_ROWS ? rows.at(-1)!.row + 1 : null;
    return { rows: rows.map(keptFrom), next };
  }

  async close(): Promise<void> {
    await this.folders.close();
    await this.writer.idle();
    await this.collection.close();
  }

  /** A part at a time, so that searches have their turn. */
  async #removeAll(rows: readonly number[]): Promise<number> {
    for (let from = 0; from < rows.length; from += BATCH) {
      this.collection.write({ remove: rows.slice(from, from + BATCH) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return rows.length;
  }

  #find(id: string): Stored {
    const [row] = this.collection.read(this.collection.rowsOf([id]));
    if (row === undefined) throw new ToolError("not-found", { what: "row", name: id, where: `the collection '${this.name}'` });
    return row;
  }

  async #completed(stored: Stored, withVector: boolean): Promise<KeptRow> {
    const kept = keptFrom(stored);
    if (!withVector || kept.vector !== null || this.collection.space === null || this.collection.space.embedder === null) return kept;
    return { ...kept, vector: (await this.#vectors.embed([kept.text], "passage", NEVER))[0]! };
  }
}

function keptFrom({ id, text, metadata, vector }: Stored): KeptRow {
  return { id, text, ...(metadata === undefined ? {} : { metadata }), vector };
}
