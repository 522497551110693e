import { type Static, Type } from "typebox";
import { defineInterface, noFields } from "./define.ts";

/** Names a file, so no separator, no leading dot, and nothing that another file system would take for another name. */
export const COLLECTION_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
export const DEFAULT_COLLECTION = "default";
/** Longest name of a row, and of a metadata field, in characters. */
export const MAX_ID = 1024;

const collection = Type.Optional(
  Type.String({ pattern: COLLECTION_PATTERN, default: DEFAULT_COLLECTION, description: "the collection: letters, digits, '.', '_' and '-'; made by the first add" }),
);
const path = (description: string) => Type.String({ minLength: 1, means: "path", description });

/** A value that can be filtered by. A list matches when one of its members does; `{a: {b: 1}}` is filtered by as `a.b`. */
const Metadata = Type.Object({}, { additionalProperties: true, description: "facts about it that can be filtered by: texts, numbers, booleans, lists of those" });
const Vector = Type.Array(Type.Number(), { minItems: 1, maxItems: 8192, description: "its vector, instead of one made from the text" });

const item = {
  id: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_ID, description: "its name; what has the same one is replaced. Without one it is made from the text, so the same text is there once" })),
  text: Type.String({ description: "the text" }),
  metadata: Type.Optional(Metadata),
  vector: Type.Optional(Vector),
};
export const Item = Type.Object(item, { description: "id, text, metadata, vector" });
export type Item = Static<typeof Item>;

const Id = Type.String({ minLength: 1, description: "the name of a row" });
const Filter = Type.Object({}, {
  additionalProperties: true,
  description: 'what the metadata must be: {"lang": "en", "stars": {"$gte": 3}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, joined by $and, $or, $not',
});
export const MODES = ["hybrid", "vector", "text"] as const;

const Row = Type.Object(
  {
    id: Type.String({ description: "its name" }),
    text: Type.String({ description: "the text" }),
    metadata: Type.Optional(Metadata),
    vector: Type.Optional(Vector),
  },
  { description: "id, text, metadata, and vector where it was asked for" },
);
export type Row = Static<typeof Row>;

export const Hit = Type.Object({
  id: Type.String({ description: "its name" }),
  score: Type.Number({ description: "higher is nearer: the cosine (vector), BM25 (text), or both ranks joined, 1 at most (hybrid)" }),
  parts: Type.Object({ text: Type.Optional(Type.Number()), vector: Type.Optional(Type.Number()) }, { description: "what the score was made from: BM25 and cosine" }),
  text: Type.String({ description: "the text" }),
  metadata: Type.Optional(Metadata),
  words: Type.Array(Type.String(), { description: "the words of the text that the query has, too, as the text has them" }),
});
export type Hit = Static<typeof Hit>;

export const CollectionFacts = Type.Object({
  name: Type.String(),
  rows: Type.Integer({ description: "how many rows it has" }),
  dimensions: Type.Union([Type.Integer(), Type.Null()], { description: "of its vectors; null until the first" }),
  embedder: Type.Union([Type.String(), Type.Null()], { description: "what makes its vectors; null where only given ones are kept" }),
  bytes: Type.Integer({ description: "on disk" }),
  folders: Type.Array(Type.Object({ path: Type.String(), follow: Type.Boolean(), files: Type.Integer() }), { description: "what was indexed" }),
  damage: Type.Optional(Type.String({ description: "why it cannot be used" })),
});
export type CollectionFacts = Static<typeof CollectionFacts>;

const count = Type.Integer({ description: "how many" });

/** Search by words and by meaning. Every change is on disk when it is answered. */
export const vector = defineInterface({
  name: "vector",
  description: "Search your texts by words and by meaning",
  states: ["loading", "idle", "indexing", "released", "waiting", "error", "stopping"],
  commands: {
    search: {
      description: "Find the rows nearest to a query",
      args: Type.Object({
        query: Type.Optional(Type.String({ description: "what to look for, in words" })),
        vector: Type.Optional(Type.Array(Type.Number(), { minItems: 1, maxItems: 8192, description: "a vector to look near, instead of the query's" })),
        k: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: "how many hits at most" })),
        filter: Type.Optional(Filter),
        candidates: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 8000, description: "how many rows the search by vectors looks at closely; more finds more surely among many that are nearly alike, and takes longer (400 unless given)" }),
        ),
        mode: Type.Optional(Type.Enum(MODES, { default: "hybrid", description: "by words and vectors, or one of them" })),
        collection,
      }),
      reply: "hits",
      idempotent: true,
      readOnly: true,
      text: "query",
    },
    index: {
      description: "Keep a folder or a file searchable: what is new or has changed is split into passages and added, what has gone is deleted",
      args: Type.Object({
        path: path("the folder or file; .gitignore is respected"),
        collection,
        follow: Type.Optional(Type.Boolean({ default: false, description: "from now on take in changes as they are saved" })),
        include: Type.Optional(Type.Array(Type.String(), { description: "only files that match one of these patterns, as in .gitignore" })),
        exclude: Type.Optional(Type.Array(Type.String(), { description: "no files that match one of these patterns" })),
      }),
      reply: "indexed",
      idempotent: true,
      text: "path",
    },
    unindex: {
      description: "Forget a folder or file that was indexed: its passages are deleted, and it is followed no more",
      args: Type.Object({ path: path("as it was indexed"), collection }),
      reply: "deleted",
      idempotent: true,
      text: "path",
    },
    add: { description: "Add a text, or replace the one of the same id", args: Type.Object({ ...item, collection }), reply: "added", idempotent: true, text: "text" },
    add_many: {
      description: "Add many texts; each part of the answer names those that are on disk",
      args: Type.Object({ items: Type.Array(Item, { description: "id, text, metadata, vector each" }), collection }),
      reply: "added",
      streams: true,
      idempotent: true,
    },
    update: {
      description: "Change parts of a row that is there; metadata is replaced as a whole",
      args: Type.Object({ id: Id, text: Type.Optional(item.text), metadata: item.metadata, vector: item.vector, collection }),
      reply: "updated",
      idempotent: true,
      text: "id",
    },
    get: {
      description: "Get a row by its id",
      args: Type.Object({ id: Id, vector: Type.Optional(Type.Boolean({ default: false, description: "with its vector" })), collection }),
      reply: "row",
      idempotent: true,
      readOnly: true,
      text: "id",
    },
    delete: {
      description: "Delete one row, several, or all that match a filter",
      args: Type.Object({ id: Type.Optional(Id), ids: Type.Optional(Type.Array(Id, { description: "several names" })), filter: Type.Optional(Filter), collection }),
      reply: "deleted",
      idempotent: true,
      text: "id",
    },
    count: { description: "Count rows", args: Type.Object({ collection, filter: Type.Optional(Filter) }), reply: "count", idempotent: true, readOnly: true, text: "collection" },
    collections: { description: "List the collections", args: noFields, reply: "collections", idempotent: true, readOnly: true },
    create: {
      description: "Make a collection; one that is there and agrees is left as it is",
      args: Type.Object({
        collection: Type.String({ pattern: COLLECTION_PATTERN, description: "its name" }),
        dimensions: Type.Optional(Type.Integer({ minimum: 1, maximum: 8192, description: "for vectors that you bring yourself: how many numbers each has" })),
      }),
      reply: "created",
      idempotent: true,
      text: "collection",
    },
    drop: {
      description: "Delete a collection with all that is in it",
      args: Type.Object({ collection: Type.String({ pattern: COLLECTION_PATTERN, description: "its name" }) }),
      reply: "dropped",
      idempotent: true,
      text: "collection",
    },
    embed: {
      description: "Make vectors of texts, without keeping anything",
      args: Type.Object({
        text: Type.Optional(Type.String({ description: "one text" })),
        texts: Type.Optional(Type.Array(Type.String(), { description: "several texts" })),
        kind: Type.Optional(Type.Enum(["passage", "query"], { default: "passage", description: "some models tell a question from what may answer it" })),
      }),
      reply: "embedding",
      idempotent: true,
      text: "text",
    },
    export: {
      description: "Write a collection as JSON lines, vectors included: as a stream, or to a file",
      args: Type.Object({ collection, path: Type.Optional(path("the file; it must not be there")) }),
      reply: "exported",
      streams: true,
      idempotent: true,
      text: "collection",
    },
    import: {
      description: "Add rows from JSON lines as export writes them: {id, text, metadata, vector}; vectors that come along are kept",
      args: Type.Object({ data: Type.Optional(Type.String({ description: "the lines" })), path: Type.Optional(path("a file of such lines")), collection }),
      reply: "imported",
      idempotent: true,
      text: "data",
    },
    backup: {
      description: "Copy a collection, as it is at this moment, into one file",
      args: Type.Object({ path: path("the file; it must not be there"), collection }),
      reply: "saved",
      text: "path",
    },
    restore: {
      description: "Make a collection from a file that backup has written; in the place of a damaged one, which is put aside, but never of a sound one",
      args: Type.Object({ path: path("the file"), collection }),
      reply: "restored",
      text: "path",
    },
  },
  events: {
    hits: { description: "What was found, the nearest first", fields: Type.Object({ hits: Type.Array(Hit, { description: "id, score, parts, text, metadata, words each" }) }) },
    indexed: {
      description: "The folder is searchable",
      fields: Type.Object({
        files: Type.Integer({ description: "files that are in the collection now" }),
        changed: Type.Integer({ description: "of those, read anew" }),
        removed: Type.Integer({ description: "files that have gone" }),
        passages: Type.Integer({ description: "rows that were added" }),
        skipped: Type.Array(Type.Object({ path: Type.String(), reason: Type.String() }), { description: "what could not be taken in, the first hundred" }),
      }),
    },
    added: {
      description: "It is on disk",
      fields: Type.Object({
        id: Type.Optional(Type.String({ description: "its name" })),
        ids: Type.Optional(Type.Array(Type.String(), { description: "the names of a part of many" })),
        count: Type.Optional(Type.Integer({ description: "how many, at the end of many" })),
      }),
    },
    updated: { description: "The change is on disk", fields: Type.Object({ id: Type.String({ description: "its name" }) }) },
    row: { description: "The row", fields: Row },
    deleted: { description: "They are gone", fields: Type.Object({ count }) },
    count: { description: "The number of rows", fields: Type.Object({ count }) },
    collections: { description: "The collections", fields: Type.Object({ collections: Type.Array(CollectionFacts, { description: "name, rows, dimensions, embedder, bytes, folders each" }) }) },
    created: { description: "It is there", fields: Type.Object({ collection: Type.String({ description: "its name" }) }) },
    dropped: { description: "It is gone", fields: Type.Object({ collection: Type.String({ description: "its name" }) }) },
    embedding: {
      description: "The vectors",
      fields: Type.Object({ vector: Type.Optional(Vector), vectors: Type.Optional(Type.Array(Vector, { description: "one for each text" })) }),
    },
    exported: {
      description: "Lines of the collection; at the end how many",
      fields: Type.Object({ text: Type.Optional(Type.String({ description: "whole lines" })), count: Type.Optional(count), done: Type.Boolean({ description: "whether this is the last" }) }),
    },
    imported: { description: "They are on disk", fields: Type.Object({ count }) },
    saved: { description: "The copy is there", fields: Type.Object({ bytes: Type.Integer({ description: "its size" }) }) },
    restored: { description: "It is there again", fields: Type.Object({ rows: Type.Integer({ description: "how many rows it has" }) }) },
  },
});
