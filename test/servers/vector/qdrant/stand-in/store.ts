import { fieldsOf, type Json, matches } from "./filter.ts";

/** What an answer that is not a success says. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Sparse {
  readonly indices: number[];
  readonly values: number[];
}
interface Point {
  readonly id: string;
  readonly payload: Json;
  readonly vector: { readonly dense?: number[]; readonly text?: Sparse };
}
interface Params {
  readonly vectors?: Record<string, { size: number; distance: string }>;
  readonly sparse_vectors?: Record<string, { modifier?: string }>;
}
export interface Request {
  readonly filter?: unknown;
  readonly limit?: number;
  readonly offset?: string;
  readonly with_payload?: boolean;
  readonly with_vector?: boolean | string[];
  readonly query?: unknown;
  readonly using?: string;
}

/** A collection as Qdrant keeps one, in memory: named vectors, dense ones by cosine, sparse ones by their product with rare numbers weighing more. */
export class Store {
  readonly params: Params;
  readonly #points = new Map<string, Point>();
  readonly #indexed = new Set<string>();
  readonly #strict: boolean;

  /** `strict`: as in Qdrant's strict mode there is no filtering by a field without an index; for the fields of `metadata` a user has seen to it. */
  constructor(params: Params, { strict = false }: { strict?: boolean } = {}) {
    this.#strict = strict;
    for (const { size, distance } of Object.values(params.vectors ?? {})) if (!(size >= 1) || distance !== "Cosine") throw new Refused(400, "vectors: size and distance wanted");
    this.params = params;
  }

  upsert(points: readonly Point[]): void {
    for (const { id, vector } of points) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new Refused(400, `value ${id} is not a valid point ID`);
      for (const [name, value] of Object.entries(vector)) this.#checkVector(name, value);
    }
    for (const { id, payload, vector } of points) this.#points.set(id, { id, payload, vector: { ...vector, ...(vector.dense === undefined ? {} : { dense: normalized(vector.dense) }) } });
  }

  index(field: string, schema: string): void {
    if (schema !== "keyword") throw new Refused(400, `unknown variant \`${schema}\``);
    this.#indexed.add(field);
  }

  retrieve(ids: readonly string[], request: Request): object[] {
    return ids.flatMap((id) => this.#points.get(id) ?? []).map((point) => shown(point, request));
  }

  delete(request: Request): void {
    for (const { id } of this.#matching(request)) this.#points.delete(id);
  }

  count(request: Request): number {
    return this.#matching(request).length;
  }

  scroll({ limit = 10, offset, ...request }: Request): object {
    const points = this.#matching(request).sort((a, b) => (a.id < b.id ? -1 : 1)).filter(({ id }) => offset === undefined || id >= offset);
    return { points: points.slice(0, limit).map((point) => shown(point, request)), next_page_offset: points[limit]?.id ?? null };
  }

  query(request: Request): object {
    const score = this.#scoring(request);
    const scored = this.#matching(request).flatMap((point) => {
      const value = score(point);
      return value === null ? [] : [{ ...shown(point, { with_payload: false, ...request }), version: 1, score: value }];
    });
    return { points: scored.sort((a, b) => b.score - a.score).slice(0, request.limit ?? 10) };
  }

  #matching({ filter }: Request): Point[] {
    const missing = fieldsOf(filter).find((field) => !field.startsWith("metadata.") && !this.#indexed.has(field));
    if (this.#strict && missing !== undefined) throw new Refused(400, `Bad request: Index required but not found for "${missing}"`);
    try {
      return [...this.#points.values()].filter(({ id, payload }) => filter === undefined || matches(filter, id, payload));
    } catch (error) {
      throw new Refused(400, `Format error in JSON body: ${(error as Error).message}`);
    }
  }

  #scoring({ query, using = "" }: Request): (point: Point) => number | null {
    this.#checkVector(using, query);
    if (Array.isArray(query)) {
      const wanted = normalized(query as number[]);
      return ({ vector: { dense } }) => (dense === undefined ? null : dense.reduce((sum, number, i) => sum + number * wanted[i]!, 0));
    }
    const { indices, values } = query as Sparse;
    const rows = [...this.#points.values()].flatMap(({ vector: { text } }) => text ?? []);
    const weights = new Map(indices.map((index, i) => {
      const having = rows.filter(({ indices }) => indices.includes(index)).length;
      return [index, values[i]! * Math.log(1 + (rows.length - having + 0.5) / (having + 0.5))];
    }));
    return ({ vector: { text } }) => {
      const shared = text?.indices.flatMap((index, i) => (weights.has(index) ? [weights.get(index)! * text.values[i]!] : [])) ?? [];
      return shared.length === 0 ? null : shared.reduce((sum, product) => sum + product, 0);
    };
  }

  #checkVector(name: string, value: unknown): void {
    const dense = this.params.vectors?.[name];
    if (dense === undefined && this.params.sparse_vectors?.[name]?.modifier !== "idf") throw new Refused(400, `Wrong input: Not existing vector name error: ${name}`);
    if (dense !== undefined) {
      if (!Array.isArray(value) || !value.every(Number.isFinite)) throw new Refused(400, "Format error in JSON body: not a vector");
      if (value.length !== dense.size) throw new Refused(400, `Wrong input: Vector dimension error: expected dim: ${dense.size}, got ${value.length}`);
      return;
    }
    const { indices, values } = value as Sparse;
    const isIndex = (index: number): boolean => Number.isInteger(index) && index >= 0 && index < 2 ** 32;
    if (indices.length !== values.length || new Set(indices).size !== indices.length || !indices.every(isIndex)) throw new Refused(422, "Validation error in JSON body: [indices: must be unique]");
  }
}

function shown({ id, payload, vector }: Point, { with_payload = true, with_vector = false }: Request): object {
  const vectors = Object.entries(vector).filter(([name]) => with_vector === true || (Array.isArray(with_vector) && with_vector.includes(name)));
  return { id, ...(with_payload ? { payload } : {}), ...(with_vector === false ? {} : { vector: Object.fromEntries(vectors) }) };
}

/** As Qdrant keeps it: 32-bit numbers, of unit length. */
function normalized(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((number) => Math.fround(length < 1e-12 ? number : number / length));
}
