import type { Row } from "../../../pipes/protocol/interfaces/vector.ts";
import { Page, type Point, type PointId } from "./answers.ts";
import type { Collection } from "./collection.ts";
import type { Condition } from "./condition.ts";
import type { Ask, Connection } from "./connection.ts";
import { BUT_ROWS } from "./entries.ts";
import { DENSE, rowOf } from "./point.ts";

/** All rows with their vectors, in the order of their ids at the server. What is changed meanwhile by others may be in it or not. */
export async function* scroll(connection: Connection, collection: Collection, dimensions: number | null, signal: AbortSignal): AsyncGenerator<Row[]> {
  const limit = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / (dimensions ?? 1))));
  for await (const points of pages(connection, collection, { must_not: [BUT_ROWS] }, limit, { with_vector: dimensions === null ? false : [DENSE] }, signal)) {
    const rows = points.map(rowOf).filter((row) => row !== null);
    if (rows.length > 0) yield rows;
  }
}

/** What a collection remembers beside its rows, as far as `condition` holds for it. */
export async function entries(connection: Connection, collection: Collection, condition: Condition): Promise<Point[]> {
  const found: Point[] = [];
  for await (const points of pages(connection, collection, { must: [condition] }, MOST_ENTRIES, { with_vector: false })) found.push(...points);
  return found;
}

interface Conditions {
  readonly must?: Condition[];
  readonly must_not?: Condition[];
}

async function* pages(connection: Connection, collection: Collection, filter: Conditions, limit: number, vectors: { with_vector: false | string[] }, signal?: AbortSignal): AsyncGenerator<Point[]> {
  for (let offset: PointId | null = null; ; ) {
    const ask: Ask = (api, init) => api.scrollPoints({ collection_name: collection.remote, limit, filter, with_payload: true, ...vectors, ...(offset === null ? {} : { offset }) }, init);
    const page: { points: Point[]; next_page_offset?: PointId | null } = await connection.read(Page, ask, { signal, missing: collection.missing });
    yield page.points;
    offset = page.next_page_offset ?? null;
    if (offset === null) return;
  }
}

/** So that a page has some megabytes at most. */
const MOST_NUMBERS = 100_000;
const MOST_ROWS = 256;
const LEAST_ROWS = 8;
/** Some hundred bytes each. */
const MOST_ENTRIES = 1000;
