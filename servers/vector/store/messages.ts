import type { WireError } from "../../../engines/process/messages.ts";
import type { CollectionFacts, Hit, Item } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Indexed, IndexRequest, Query, Selection, Space } from "../backend.ts";
import type { TextKind } from "../embedders/embedder.ts";
import type { Filter } from "../filter.ts";
import type { Weights } from "../fusion.ts";

/** What a thread of the store is started with. */
export interface StoreOptions {
  /** The folder of the collections' files. */
  readonly folder: string;
  /** What was written outlives a power cut. */
  readonly durable: boolean;
}

/** What is added, with its vector in the form in which it crosses threads as one piece: number by number it would take most of the time. */
export interface SentItem extends Omit<Item, "vector"> {
  readonly vector?: Float32Array;
}
export type SentChange = Partial<Pick<SentItem, "text" | "metadata" | "vector">>;

export interface SentQuery extends Omit<Query, "vector"> {
  readonly vector: Float32Array | null;
  readonly weights: Weights;
}

/** A row with its vector as it is kept; null where the text gives it back for nothing. */
export interface KeptRow {
  readonly id: string;
  readonly text: string;
  readonly metadata?: object;
  readonly vector: Float32Array | null;
}

/** One page of a collection, and where the next one begins; null at the end. */
export interface Page {
  readonly rows: readonly KeptRow[];
  readonly next: number | null;
}

/** What a store does, by the names of its requests: arguments and result of each. All but `add` answer once. */
export interface Requests {
  /** Each part tells of rows that are on disk. */
  add: { args: { items: readonly SentItem[] }; result: void };
  update: { args: { id: string; change: SentChange }; result: void };
  get: { args: { id: string; withVector: boolean }; result: KeptRow };
  delete: { args: Selection; result: number };
  search: { args: SentQuery; result: Hit[] };
  count: { args: { filter: Filter | null }; result: number };
  facts: { args: object; result: CollectionFacts };
  create: { args: { space: Space | null }; result: void };
  space: { args: object; result: Space | null };
  drop: { args: object; result: void };
  page: { args: { from: number }; result: Page };
  index: { args: IndexRequest; result: Indexed };
  unindex: { args: { path: string }; result: number };
  backup: { args: { path: string }; result: number };
  restore: { args: { path: string }; result: number };
  /** Opens it, if it is there. */
  open: { args: object; result: void };
}
export type RequestName = keyof Requests;

/** To the thread. */
export type ToStore =
  | { readonly type: "request"; readonly id: number; readonly collection: string; readonly name: RequestName; readonly args: unknown }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "embedded"; readonly id: number; readonly vectors?: Float32Array[]; readonly space?: Space; readonly error?: WireError }
  /** Close all files, and end. */
  | { readonly type: "close" };

/** From the thread. */
export type FromStore =
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError }
  | { readonly type: "part"; readonly id: number; readonly ids: readonly string[] }
  | { readonly type: "progress"; readonly id: number; readonly stage: string; readonly value: number; readonly total: number | null }
  /** Vectors are wanted, or, without texts, only what makes them. */
  | { readonly type: "embed"; readonly id: number; readonly texts: readonly string[]; readonly kind: TextKind }
  | { readonly type: "unembed"; readonly id: number }
  /** A folder that is followed is being taken in anew, or no more. */
  | { readonly type: "following"; readonly busy: boolean }
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly facts: object; readonly message: string }
  | { readonly type: "closed" };
