import { existsSync, readdirSync } from "node:fs";
import { COLLECTION_PATTERN } from "../../../pipes/protocol/interfaces/vector.ts";

/** A collection's file is called as it is, with this behind. */
export const ENDING = ".sqlite";
export const NAME = new RegExp(COLLECTION_PATTERN);

/** The names of the collections that are there. What no collection can be called is somebody else's. */
export function collectionsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length));
  return names.filter((name) => NAME.test(name)).sort();
}
