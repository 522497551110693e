import { type Order, startOrder, waitersOf } from "./order.ts";

/** Ends all of them: each once those that wait for it have ended, and otherwise at the same time. */
export async function endInOrder(order: Order, end: (name: string) => Promise<unknown>): Promise<void> {
  const ends = new Map<string, Promise<unknown>>();
  for (const name of startOrder(order).reverse()) {
    const first = waitersOf(name, order).flatMap((other) => ends.get(other) ?? []);
    ends.set(name, first.length === 0 ? end(name) : Promise.all(first).then(() => end(name)));
  }
  await Promise.all(ends.values());
}
