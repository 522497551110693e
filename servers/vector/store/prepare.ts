import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { TextKind } from "../embedders/embedder.ts";
import { idOf } from "../identity.ts";
import { isSame } from "../same.ts";
import { countTerms } from "../terms.ts";
import type { Space } from "../backend.ts";
import type { Collection, Prepared } from "./collection.ts";
import type { SentItem, SentQuery } from "./messages.ts";
import type { Vectors } from "./vectors.ts";

/** An item, and where it stands in its request, for messages. */
export interface Incoming {
  readonly item: SentItem;
  readonly path: string;
  /** The indexed file that it is a passage of. */
  readonly file?: number;
}

/**
 * Makes of items what is written: ids, terms, vectors. The first item of a collection decides what its vectors are made by: its own
 * vector, else the embedder in force. @throws ToolError `embedder-mismatch`, `invalid-request`, and what the embedder throws
 */
export async function prepare(name: string, collection: Collection, incoming: readonly Incoming[], vectors: Vectors, signal: AbortSignal): Promise<Prepared[]> {
  const space = await settled(collection, incoming, vectors);
  const bare = incoming.filter(({ item }) => item.vector === undefined);
  if (bare.length > 0) await checkSpace(name, space, vectors);
  const made = (await vectors.embed(bare.map(({ item }) => item.text), "passage", signal)).values();
  return incoming.map((each) => {
    const { item, path, file } = each;
    const vector = item.vector === undefined ? made.next().value! : given(item.vector, space, `${path}.vector`);
    return {
      id: idOf(item),
      text: item.text,
      ...(item.metadata === undefined ? {} : { metadata: item.metadata }),
      terms: countTerms(item.text),
      vector,
      keepsVector: item.vector !== undefined || !vectors.cheap,
      ...(file === undefined ? {} : { file }),
    };
  });
}

/** A query's vector; null where the collection has none that a text could be compared with. @throws ToolError as `prepare` */
export async function queryVector(name: string, { space }: Collection, query: Pick<SentQuery, "query" | "vector" | "mode">, vectors: Vectors, signal: AbortSignal): Promise<Float32Array | null> {
  if (query.mode === "text" || space === null) return null;
  if (query.vector !== null) return given(query.vector, space, "$.vector");
  if (query.query === null) return null;
  if (space.embedder === null && query.mode === "hybrid") return null;
  const ours = await vectors.space();
  if (!isSame(space, ours)) throw mismatch(name, space, ours, "Search it with mode text, or give the query's vector");
  const kind: TextKind = "query";
  return (await vectors.embed([query.query], kind, signal))[0]!;
}

async function settled(collection: Collection, [first]: readonly Incoming[], vectors: Vectors): Promise<Space> {
  if (collection.space === null) {
    const vector = first?.item.vector;
    const space = vector === undefined ? await vectors.space() : { embedder: null, dimensions: vector.length };
    // Another request may have decided it while the embedder was asked.
    if (collection.space === null) collection.settle(space);
  }
  return collection.space!;
}

async function checkSpace(name: string, space: Space, vectors: Vectors): Promise<void> {
  const ours = await vectors.space();
  const hint = space.embedder === null ? "Give a `vector` with each text" : "Take the settings back that it was made with, or another collection";
  if (!isSame(space, ours)) throw mismatch(name, space, ours, hint);
}

function given(vector: Float32Array, { dimensions }: Space, path: string): Float32Array {
  checkLength(vector, dimensions, path);
  return vector;
}

/** @throws ToolError `invalid-request` */
export function checkLength(vector: ArrayLike<number>, dimensions: number, path: string): void {
  if (vector.length !== dimensions) throw new ToolError("invalid-request", { path, expected: `${dimensions} numbers`, got: `${vector.length} numbers` });
}

function mismatch(collection: string, { embedder, dimensions }: Space, ours: Space, hint: string): ToolError {
  return new ToolError("embedder-mismatch", { collection, theirs: embedder, dimensions, ours: ours.embedder, hint });
}
