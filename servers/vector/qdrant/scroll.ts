import type { Row } from "../../../pipes/protocol/interfaces/vector.ts";
import { Page, type PointId } from "./answers.ts";
import { BUT_ROWS, type Collection } from "./collection.ts";
import type { Ask, Connection } from "./connection.ts";
import { DENSE, rowOf } from "./point.ts";

/** All rows with their vectors, in the order of their ids at the server. What is changed meanwhile by others may be in it or not. */
export async function* scroll(connection: Connection, collection: Collection, dimensions: number | null, signal: AbortSignal): AsyncGenerator<Row[]> {
  const limit = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / (dimensions ?? 1))));
  for (let offset: PointId | null = null; ; ) {
    const ask: Ask = (api, init) =>
      api.scrollPoints({ collection_name: collection.remote, limit, filter: { must_not: [BUT_ROWS] }, with_payload: true, with_vector: dimensions === null ? false : [DENSE], ...(offset === null ? {} : { offset }) }, init);
    const page: { points: Parameters<typeof rowOf>[0][]; next_page_offset?: PointId | null } = await connection.read(Page, ask, { signal, missing: collection.missing });
    const rows = page.points.map(rowOf).filter((row) => row !== null);
    if (rows.length > 0) yield rows;
    offset = page.next_page_offset ?? null;
    if (offset === null) return;
  }
}

/** So that a page has some megabytes at most. */
const MOST_NUMBERS = 100_000;
const MOST_ROWS = 256;
const LEAST_ROWS = 8;
