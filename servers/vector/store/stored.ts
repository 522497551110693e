import type { Space } from "../backend.ts";
import type { Database } from "./database.ts";

/** A row as it is on disk. */
export interface Stored {
  readonly row: number;
  readonly id: string;
  readonly text: string;
  readonly metadata?: object;
  readonly vector: Float32Array | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws ToolError `data-damaged` where it is not as `Collection` writes it */
export function storedFrom(db: Database, found: Fields, space: Space | null): Stored {
  const { id: row, name: id, text } = found;
  if (typeof row !== "number" || typeof id !== "string" || typeof text !== "string") throw db.damaged("a row has no name or no text");
  const metadata = metadataFrom(db, found);
  return { row, id, text, ...(metadata === undefined ? {} : { metadata }), vector: vectorFrom(db, found["vector"], space) };
}

/** @throws ToolError `data-damaged` */
export function metadataFrom(db: Database, found: Fields): object | undefined {
  if (found["metadata"] === null) return undefined;
  const metadata = db.parse(found["metadata"], "the metadata of a row");
  if (typeof metadata !== "object" || metadata === null) throw db.damaged("the metadata of a row is no object");
  return metadata;
}

/** What the vectors of a collection are made by; null before its first row. @throws ToolError `data-damaged` */
export function readSpace(db: Database): Space | null {
  const text = db.meta("space");
  if (text === null) return null;
  const space = db.parse(text, "what makes its vectors") as Partial<Space> | null;
  const { embedder, dimensions } = space ?? {};
  const isKnown = (embedder === null || typeof embedder === "string") && Number.isInteger(dimensions) && dimensions! >= 1 && dimensions! <= MOST_DIMENSIONS;
  if (!isKnown) throw db.damaged(`what makes its vectors is not said: ${text}`);
  return { embedder, dimensions: dimensions! };
}

const MOST_DIMENSIONS = 65_536;

function vectorFrom(db: Database, bytes: unknown, space: Space | null): Float32Array | null {
  if (bytes === null) return null;
  if (!(bytes instanceof Uint8Array) || bytes.byteLength !== 4 * (space?.dimensions ?? 0)) throw db.damaged("a vector is of another length than the others");
  return floatsOf(bytes);
}

/** Copied only where the bytes do not begin at a place where a float may. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
