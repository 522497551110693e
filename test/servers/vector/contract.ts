import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import type { Hit, Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { Backend, Query, Work } from "../../../servers/vector/backend.ts";
import type { Embedder } from "../../../servers/vector/embedders/embedder.ts";
import { parseFilter } from "../../../servers/vector/filter.ts";
import { changesKept } from "./contract/changes.ts";
import { foldersFollowed } from "./contract/followed.ts";
import { foldersIndexed } from "./contract/folders.ts";
import { filtersHeld } from "./contract/filters.ts";
import { searchesFind } from "./contract/searches.ts";
import { spacesKeptApart } from "./contract/spaces.ts";
import { nowhere } from "./qdrant/nowhere.ts";

/** Somewhere that collections lie. One backend is open there at a time. */
export interface Place extends AsyncDisposable {
  open(embedder: Embedder | null, log: Log): Promise<Backend>;
}

/** What the contract's tests share. */
export interface Ground {
  /** Opens it with this embedder; the one that was open before is closed. Without a log nobody hears what it has to say. */
  open(embedder: Embedder | null, log?: Log): Promise<Backend>;
  /** A name no collection has. */
  fresh(): string;
}

/** What every backend has to do, whatever keeps its rows. Everything that a client of the `vector` interface relies on is here. */
export function backendContract(title: string, makePlace: () => Promise<Place>): void {
  describe(title, () => {
    let place: Place;
    let last: Backend | null = null;
    let names = 0;
    before(async () => {
      place = await makePlace();
    });
    after(async () => {
      await last?.close();
      await place[Symbol.asyncDispose]();
    });
    const ground: Ground = {
      async open(embedder, log = nowhere) {
        await last?.close();
        return (last = await place.open(embedder, log));
      },
      fresh: () => `contract-${process.pid}-${++names}`,
    };
    searchesFind(ground);
    filtersHeld(ground);
    changesKept(ground);
    spacesKeptApart(ground);
    foldersIndexed(ground);
    foldersFollowed(ground);
  });
}

export function work(signal: AbortSignal = new AbortController().signal): Work {
  return { signal, progress: () => undefined };
}

export async function add(backend: Backend, collection: string, items: readonly Item[]): Promise<string[]> {
  const added: string[] = [];
  await backend.add(collection, items, work(), (ids) => void added.push(...ids));
  return added;
}

export function search(backend: Backend, collection: string, query: string | null, more: Partial<Omit<Query, "filter">> & { filter?: object } = {}): Promise<Hit[]> {
  const filter = more.filter === undefined ? null : parseFilter(more.filter);
  return backend.search(collection, { query, vector: null, k: 10, mode: "hybrid", ...more, filter }, work());
}

export async function allRows(backend: Backend, collection: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const part of backend.rows(collection, work())) rows.push(...part);
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether two vectors are the same, but for their length and what a 32-bit number cannot hold. */
export function assertDirection(found: readonly number[] | undefined, expected: Float32Array): void {
  assert.ok(found !== undefined, "no vector");
  assert.equal(found.length, expected.length);
  const length = Math.hypot(...found);
  const wanted = Math.hypot(...expected);
  found.forEach((number, i) => assert.ok(Math.abs(number / length - expected[i]! / wanted) < 1e-6, `${i}: ${number / length}, expected ${expected[i]! / wanted}`));
}
