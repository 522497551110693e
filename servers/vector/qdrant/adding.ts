import { setImmediate as turn } from "node:timers/promises";
import type { Item } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Work } from "../backend.ts";
import { idOf } from "../identity.ts";
import { throwIfCancelled } from "./cancelled.ts";
import type { Collection } from "./collection.ts";
import { type NewPoint, pointOf, type Source } from "./point.ts";
import { checkVector, embedAll, mustEmbed, type Space, type Vector } from "./vectors.ts";

/** Puts the items in, a part at a time; a part is there as a whole, or not at all. Nothing is put in when one of them could not be. */
export async function addAll(collection: Collection, items: readonly Item[], space: Space, work: Work, onAdded: (ids: readonly string[]) => void | Promise<void>): Promise<void> {
  let done = 0;
  for await (const { part, points } of makePoints(items, space, work.signal)) {
    await collection.put(points);
    done += part.length;
    work.progress("adding", done, items.length);
    await onAdded(part.map(idOf));
  }
}

/** A part at a time, each few enough for one request. Nothing is made when one of them could not be. @throws ToolError what the embedder throws, `cancelled` */
export async function* makePoints(items: readonly Item[], space: Space, signal: AbortSignal, source?: Source): AsyncGenerator<{ readonly part: readonly Item[]; readonly points: NewPoint[] }> {
  for (const { vector } of items) if (vector !== undefined) checkVector(vector, space);
  const embeds = items.some(({ vector }) => vector === undefined) && mustEmbed(space);
  for (const part of partsOf(items, space.facts.dimensions ?? 0)) {
    throwIfCancelled(signal);
    const vectors = embeds ? await missingVectors(part, space, signal) : [];
    await turn(); // others have theirs: the words of a part are a lot of work
    throwIfCancelled(signal);
    yield { part, points: lastOfEach(part.map((item) => pointOf(item, item.vector ?? vectors.shift() ?? null, source))) };
  }
}

/** In the order of those that have none. */
async function missingVectors(part: readonly Item[], space: Space, signal: AbortSignal): Promise<Vector[]> {
  const texts = part.filter(({ vector }) => vector === undefined).map(({ text }) => text);
  return embedAll(texts, "passage", space, signal);
}

/** Qdrant takes 32 MB in one request, if it is not told otherwise; a part is far smaller, so that progress is seen and cancelling is soon. */
function* partsOf(items: readonly Item[], dimensions: number): Generator<Item[]> {
  let part: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = item.text.length * BYTES_PER_CHARACTER + dimensions * BYTES_PER_NUMBER + JSON.stringify(item.metadata ?? {}).length;
    if (part.length > 0 && (part.length === MOST_ROWS || bytes + size > MOST_BYTES)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

const MOST_ROWS = 256;
const MOST_BYTES = 4 << 20;
/** The text itself, and its terms as numbers. */
const BYTES_PER_CHARACTER = 6;
const BYTES_PER_NUMBER = 22;

/** Of several with one name the last one counts, as if they had been added one after another. */
function lastOfEach(points: readonly NewPoint[]): NewPoint[] {
  return [...new Map(points.map((point) => [point.id, point])).values()];
}
