import type { Schemas } from "@qdrant/js-client-rest";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Hit, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Query, Work } from "../backend.ts";
import { depthOf, fuse, type Weights } from "../fusion.ts";
import { countTerms, wordsAmong } from "../terms.ts";
import { Points, type Ranking, Rankings } from "./answers.ts";
import type { Collection } from "./collection.ts";
import type { Condition } from "./condition.ts";
import type { Ask, Connection } from "./connection.ts";
import { DENSE, rowOf, TEXT } from "./point.ts";
import type { Sparse } from "./sparse.ts";
import type { Vector } from "./vectors.ts";

/** What to look for: null when it is not looked for by that, empty when that finds nothing. */
export interface Wanted {
  readonly terms: Sparse | null;
  readonly vector: Vector | null;
}

/** What a query looks for by words; whether it has to be embedded, too. @throws ToolError `invalid-request` when it looks for nothing */
export function wantedOf({ query, vector, mode }: Query): { readonly byText: boolean; readonly byVector: boolean } {
  if (mode === "text" && query === null) throw new ToolError("invalid-request", { path: "$.query", expected: "a text", got: "nothing" });
  if (query === null && vector === null) throw new ToolError("invalid-request", { path: "$.query", expected: "a text, or a vector", got: "nothing" });
  return { byText: mode !== "vector" && query !== null, byVector: mode !== "text" };
}

/** Two questions in one request, joined here: so scores are the same wherever the data lie, and whatever version the server has. */
export async function find(connection: Connection, collection: Collection, query: Query, wanted: Wanted, condition: Condition | null, weights: Weights, work: Work): Promise<Hit[]> {
  const hybrid = query.mode === "hybrid";
  const [text, vector] = await rank(connection, collection, wanted, condition, hybrid ? depthOf(query.k) : query.k, query.candidates, work.signal);
  const best = hybrid
    ? fuse(text === null ? null : idsOf(text), vector === null ? null : idsOf(vector), weights, query.k)
    : (text ?? vector)?.points.slice(0, query.k) ?? [];
  const rows = await rowsOf(connection, collection, best.map(({ id }) => id), work.signal);
  const [textScores, vectorScores] = [scoresOf(text), scoresOf(vector)];
  const terms: ReadonlySet<number> = new Set(query.query === null ? [] : countTerms(query.query).hashes);
  return best.flatMap(({ id, score }) => {
    const row = rows.get(id);
    if (row === undefined) return []; // deleted a moment ago
    return [{ ...row, score, parts: { ...part("text", textScores.get(id)), ...part("vector", vectorScores.get(id)) }, words: wordsAmong(row.text, terms) }];
  });
}

type Id = Ranking["points"][number]["id"];

async function rank(connection: Connection, collection: Collection, { terms, vector }: Wanted, condition: Condition | null, limit: number, candidates: number | undefined, signal: AbortSignal): Promise<[text: Ranking | null, vector: Ranking | null]> {
  const filter = condition === null ? {} : { filter: { must: [condition] } };
  const byText: Schemas["QueryRequest"][] = terms === null || terms.indices.length === 0 ? [] : [{ query: terms, using: TEXT, limit, ...filter }];
  const byVector: Schemas["QueryRequest"][] = vector === null || vector.length === 0 ? [] : [{ query: Array.from(vector), using: DENSE, limit, ...filter, ...(candidates === undefined ? {} : { params: { hnsw_ef: candidates } }) }];
  const searches = [...byText, ...byVector];
  const ask: Ask = (api, init) => api.queryBatchPoints({ collection_name: collection.remote, searches }, init);
  const rankings = searches.length === 0 ? [] : await connection.read(Rankings, ask, { signal, missing: collection.missing });
  return [terms === null ? null : byText.length === 0 ? NONE : (rankings[0] ?? NONE), vector === null ? null : (rankings[byText.length] ?? NONE)];
}

const NONE: Ranking = { points: [] };

/** Only now the texts: of a hundred candidates ten are shown. */
async function rowsOf(connection: Connection, collection: Collection, ids: Id[], signal: AbortSignal): Promise<Map<Id, Row>> {
  if (ids.length === 0) return new Map();
  const ask: Ask = (api, init) => api.getPoints({ collection_name: collection.remote, ids, with_payload: true, with_vector: false }, init);
  const points = await connection.read(Points, ask, { signal, missing: collection.missing });
  return new Map(points.flatMap((point) => {
    const row = rowOf(point);
    return row === null ? [] : [[point.id, row] as const];
  }));
}

function idsOf({ points }: Ranking): Id[] {
  return points.map(({ id }) => id);
}

function scoresOf(ranking: Ranking | null): Map<Id, number> {
  return new Map(ranking?.points.map(({ id, score }) => [id, score]));
}

function part(name: "text" | "vector", score: number | undefined): Hit["parts"] {
  return score === undefined ? {} : { [name]: score };
}
