import type { Collection } from "./collection.ts";
import type { Condition } from "./condition.ts";
import { BUT_ROWS } from "./entries.ts";
import { pointIdOf } from "./point.ts";

/** @returns how many there were. They are counted first, since Qdrant does not say it: others who delete at the same time may be in the number. */
export async function deleteMatching(collection: Collection, condition: Condition | null): Promise<number> {
  const count = await collection.count(condition);
  if (count === 0) return 0;
  await collection.remove({ must_not: [BUT_ROWS], ...(condition === null ? {} : { must: [condition] }) });
  return count;
}

export async function deleteRows(collection: Collection, ids: readonly string[]): Promise<number> {
  const points = [...new Set(ids)].map(pointIdOf);
  let count = 0;
  do count += await deleteMatching(collection, { has_id: points.splice(0, MOST_IDS) });
  while (points.length > 0);
  return count;
}

const MOST_IDS = 1000;
