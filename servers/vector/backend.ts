import type { CollectionFacts, Hit, Item, MODES, Row } from "../../pipes/protocol/interfaces/vector.ts";
import type { Filter } from "./filter.ts";

/** What one request may want to know and say while it is under way. */
export interface Work {
  readonly signal: AbortSignal;
  readonly progress: (stage: string, value: number, total: number | null) => void;
}

export interface Query {
  readonly query: string | null;
  readonly vector: readonly number[] | null;
  readonly k: number;
  readonly filter: Filter | null;
  readonly mode: (typeof MODES)[number];
  /** How many rows are looked at closely; as many as the engine thinks fit unless given. */
  readonly candidates?: number;
}

export interface IndexRequest {
  /** Absolute. */
  readonly path: string;
  readonly follow: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface Indexed {
  readonly files: number;
  readonly changed: number;
  readonly removed: number;
  readonly passages: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** What makes the vectors of a collection. `embedder` is null where people bring their own. */
export interface Space {
  readonly embedder: string | null;
  readonly dimensions: number;
}

/** What rows are chosen by, for what is not a search. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: Filter };

/**
 * Where the collections are: on this machine, or at a server that keeps them for many. A promise that resolves says that the change is
 * on disk there. All throw ToolErrors: `not-found`, `embedder-mismatch`, `invalid-request`, `data-damaged`, `disk-full`, `cancelled`, …
 */
export interface Backend {
  /** Opens what is there, so that the first request need not wait; what cannot be opened is said in the log. @throws ToolError `data-locked` */
  prepare(onProgress: (collection: string, value: number, total: number | null) => void): Promise<void>;
  /** `onAdded` is told of each part that is on disk, in the order of the items. */
  add(collection: string, items: readonly Item[], work: Work, onAdded: (ids: readonly string[]) => void | Promise<void>): Promise<void>;
  update(collection: string, id: string, change: Partial<Pick<Item, "text" | "metadata" | "vector">>, work: Work): Promise<void>;
  get(collection: string, id: string, withVector: boolean): Promise<Row>;
  delete(collection: string, selection: Selection): Promise<number>;
  search(collection: string, query: Query, work: Work): Promise<Hit[]>;
  count(collection: string, filter: Filter | null): Promise<number>;
  collections(): Promise<CollectionFacts[]>;
  /** Leaves one that agrees as it is. Without a space its first row decides. @throws ToolError `exists` for one that does not agree */
  create(collection: string, space: Space | null): Promise<void>;
  space(collection: string): Promise<Space | null>;
  drop(collection: string): Promise<void>;
  /** All rows, a handful at a time; with vectors, but for those that the embedder in force makes again for nothing. */
  rows(collection: string, work: Work): AsyncIterable<readonly Row[]>;
  index(collection: string, request: IndexRequest, work: Work): Promise<Indexed>;
  unindex(collection: string, path: string): Promise<number>;
  backup(collection: string, path: string, work: Work): Promise<number>;
  restore(collection: string, path: string, work: Work): Promise<number>;
  /** Lets go of all that is in memory; resolves when everything is closed. The next request opens it again. */
  close(): Promise<void>;
}
