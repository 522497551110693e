import { createHash } from "node:crypto";
import type { Item } from "../../pipes/protocol/interfaces/vector.ts";

/** The name of a row: the one it was given, or one made from its text, so that the same text is there once. */
export function idOf({ id, text }: Pick<Item, "id" | "text">): string {
  return id ?? createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}

/** 96 bits: among a billion texts two of one name are not to be expected. */
const DIGITS = 24;
