import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Embedder } from "../embedders/embedder.ts";
import type { Collection, Remembered } from "./collection.ts";

/**
 * The collection's facts; it is made with `wanted` when it is not there. One that is empty may still become another: when its maker died
 * before it had said what it is for, or when it was meant for texts alone and now the first vector comes.
 */
export async function ensure(collection: Collection, wanted: () => Remembered): Promise<Remembered> {
  const known = await collection.remembered().catch(undefinedIfMissing);
  if (known === undefined) return makeOrJoin(collection, wanted());
  if (known !== null && (known.dimensions !== null || wanted().dimensions === null)) return known;
  if (!(await collection.isEmpty())) return known ?? collection.facts();
  return known === null ? join(collection, wanted()) : remake(collection, wanted());
}

/** @throws ToolError `exists` when it is there and for something else */
export async function create(collection: Collection, wanted: Remembered): Promise<void> {
  const known = await ensure(collection, () => wanted);
  if (known.embedder === wanted.embedder && known.dimensions === wanted.dimensions) return;
  throw new ToolError("exists", { what: "collection", name: collection.name, hint: `It has ${described(known)}, not ${described(wanted)}; drop it first, or take another name` });
}

export function factsFor(embedder: Embedder | null, dimensions: number | null): Remembered {
  if (dimensions !== null) return { format: 1, embedder: null, dimensions };
  return { format: 1, embedder: embedder?.id ?? null, dimensions: embedder?.dimensions ?? null };
}

/** Somebody else may have made it this moment. */
async function makeOrJoin(collection: Collection, facts: Remembered): Promise<Remembered> {
  try {
    await collection.make(facts);
    return facts;
  } catch (error) {
    if (error instanceof ToolError && error.code === "exists") return join(collection, facts);
    throw error;
  }
}

/** It is there, but perhaps without its facts yet. Whoever makes the same one in the same moment writes the same. */
async function join(collection: Collection, facts: Remembered): Promise<Remembered> {
  const theirs = await collection.remembered();
  if (theirs !== null) return theirs;
  if ((await collection.size()) !== facts.dimensions) return remake(collection, facts);
  await collection.remember(facts);
  return facts;
}

async function remake(collection: Collection, facts: Remembered): Promise<Remembered> {
  await collection.drop();
  await collection.make(facts);
  return facts;
}

export function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof ToolError && error.code === "not-found") return undefined;
  throw error;
}

function described({ embedder, dimensions }: Remembered): string {
  return dimensions === null ? "no vectors" : `${embedder === null ? "vectors of its own" : `vectors of ${embedder}`} (${dimensions} dimensions)`;
}
