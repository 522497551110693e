import type { Space } from "./backend.ts";

/** Whether the vectors of two collections may be compared. */
export function isSame(a: Space, b: Space): boolean {
  return a.embedder === b.embedder && a.dimensions === b.dimensions;
}
