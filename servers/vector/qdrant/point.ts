import { createHash } from "node:crypto";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { type Static, Type } from "typebox";
import type { Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import { idOf } from "../identity.ts";
import type { Point } from "./answers.ts";
import { isShaped } from "./shape.ts";
import { passageTerms } from "./sparse.ts";

export type NewPoint = Extract<Parameters<QdrantClient["upsert"]>[1], { points: unknown }>["points"][number];

/** Where a passage comes from: the folder that was indexed, and the file from there. */
const Source = Type.Object({ root: Type.String(), path: Type.String() });
export type Source = Static<typeof Source>;

/** The names of a point's two vectors. */
export const DENSE = "dense";
export const TEXT = "text";

/** A row as Qdrant keeps it: its text and metadata are the payload, which other programs may read too. Zeros are no direction: they are left out. */
export function pointOf(item: Item, vector: readonly number[] | Float32Array | null, source?: Source): NewPoint {
  const { text, metadata } = item;
  const id = idOf(item);
  const terms = passageTerms(text);
  const dense = vector !== null && vector.some((number) => number !== 0) ? Array.from(vector) : null;
  return {
    id: pointIdOf(id),
    payload: { id, text, ...(metadata === undefined ? {} : { metadata }), ...(source === undefined ? {} : { source }) },
    vector: { ...(dense === null ? {} : { [DENSE]: dense }), ...(terms === null ? {} : { [TEXT]: terms }) },
  };
}

/** The file that a row is a passage of, if it is one. */
export function sourceOf({ payload }: Point): Source | undefined {
  const source = payload?.["source"];
  return isShaped(Source, source) ? { root: source.root, path: source.path } : undefined;
}

/** Null for a point that is no row of ours. */
export function rowOf({ payload, vector }: Point): Row | null {
  const { id, text, metadata } = payload ?? {};
  if (typeof id !== "string" || typeof text !== "string") return null;
  const dense = vector === undefined || vector === null || Array.isArray(vector) ? undefined : vector.dense;
  return {
    id,
    text,
    ...(typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? { metadata: plain(metadata) as Record<string, unknown> } : {}),
    ...(dense === undefined ? {} : { vector: [...dense] }),
  };
}

/** Qdrant's ids are numbers or UUIDs. This is one of version 8, "made in a way of one's own". Source: RFC 9562 */
export function pointIdOf(id: string): string {
  const bytes = createHash("sha256").update(id).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Where the engine allows it, the client reads large whole numbers as BigInt; nothing that JSON is made of is one. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
