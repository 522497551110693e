import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Query } from "../backend.ts";
import type { Embedder, TextKind } from "../embedders/embedder.ts";
import type { Remembered } from "./collection.ts";

export type Vector = readonly number[] | Float32Array;

/** What has to be known to say which vector a text gets in a collection. */
export interface Space {
  readonly collection: string;
  readonly tool: string;
  readonly facts: Remembered;
  readonly embedder: Embedder | null;
}

/** @throws ToolError `invalid-request` */
export function checkVector(vector: readonly number[], { collection, facts: { dimensions } }: Space): void {
  if (dimensions === null) throw mismatch(`no vector: the collection '${collection}' has texts alone`, vector);
  if (vector.length !== dimensions) throw mismatch(`${dimensions} numbers, as the vectors of '${collection}' have`, vector);
  if (!vector.every(Number.isFinite)) throw mismatch("finite numbers", vector);
}

/**
 * Whether a text that comes without a vector has to be embedded. Where there are no vectors it has not to be.
 * @throws ToolError `embedder-mismatch`, `unsupported`, `invalid-request` when it has to, but cannot
 */
export function mustEmbed({ collection, tool, facts, embedder }: Space): boolean {
  if (facts.embedder !== null && facts.embedder === embedder?.id) return true;
  if (embedder === null) {
    if (facts.dimensions === null) return false;
    if (facts.embedder === null) throw new ToolError("invalid-request", { path: "$.vector", expected: `${facts.dimensions} numbers, since the collection '${collection}' has vectors of its own`, got: "nothing" });
    throw new ToolError("unsupported", { tool, what: "embed texts, for it has no embedder", hint: `The vectors of '${collection}' are of ${facts.embedder}` });
  }
  throw new ToolError("embedder-mismatch", {
    collection,
    theirs: facts.embedder,
    dimensions: facts.dimensions ?? 0,
    ours: embedder.id,
    hint: facts.embedder === null ? "Give a `vector` with each text, or search with mode `text`" : "Set that embedder again, or take a new collection",
  });
}

/** The vector of a row after a change: the one given, or one for the new text, or the one it has. Null when it has none. */
export async function changedVector(row: Row, { text, vector }: Partial<Pick<Item, "text" | "vector">>, space: Space, signal: AbortSignal): Promise<Vector | null> {
  if (vector !== undefined) {
    checkVector(vector, space);
    return vector;
  }
  // Whose vectors are brought from outside has said nothing of a new one, and the old one is better than none.
  if (text === undefined || text === row.text || space.facts.embedder === null) return row.vector ?? null;
  if (!mustEmbed(space)) return null;
  return (await embedAll([text], "passage", space, signal))[0] ?? null;
}

/**
 * What a query looks near to; null when it is looked for by its words alone, as `hybrid` does where texts cannot be embedded; empty when it is
 * near to nothing.
 */
export async function queryVector({ query, vector, mode }: Query, space: Space, signal: AbortSignal): Promise<Vector | null> {
  if (vector !== null) {
    checkVector(vector, space);
    return vector;
  }
  if (mode === "hybrid" && (space.facts.embedder === null || space.embedder === null)) return null;
  if (!mustEmbed(space)) throw new ToolError("unsupported", { tool: space.tool, what: "search by meaning, for it has no embedder", hint: "Search with mode `text`" });
  const [made] = await embedAll([query ?? ""], "query", space, signal);
  return made === undefined || made.every((number) => number === 0) ? [] : made;
}

/** A vector each. @throws ToolError what the embedder throws */
export async function embedAll(texts: readonly string[], kind: TextKind, { facts, embedder }: Space, signal?: AbortSignal): Promise<Vector[]> {
  if (embedder === null || texts.length === 0) return [];
  const vectors = await embedder.embed(texts, kind, signal);
  if (vectors.length !== texts.length || vectors.some((vector) => vector.length !== facts.dimensions)) {
    throw new ToolError("engine-failed", { tool: embedder.id, reason: `it made ${vectors.length} vectors of ${texts.length} texts, or not ${facts.dimensions} numbers for each` });
  }
  return vectors;
}

function mismatch(expected: string, vector: readonly number[]): ToolError {
  return new ToolError("invalid-request", { path: "$.vector", expected, got: `${vector.length} numbers` });
}
