import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { longestStop, type Order, startOrder, waitersOf } from "./order.ts";

/** Ends all of them: each once those that wait for it have ended, and otherwise at the same time. */
export async function endInOrder(order: Order, end: (name: string) => Promise<unknown>): Promise<void> {
  const ends = new Map<string, Promise<unknown>>();
  for (const name of startOrder(order).reverse()) {
    const first = waitersOf(name, order).flatMap((other) => ends.get(other) ?? []);
    ends.set(name, first.length === 0 ? end(name) : Promise.all(first).then(() => end(name)));
  }
  await Promise.all(ends.values());
}

/** The longest that ending all of these in order takes, in ms, unless the kernel itself holds a process. */
export function stopBudget(specs: ReadonlyMap<string, ToolSpec>): number {
  return longestStop(specs, (name) => {
    const { drainMs = 0, stopMs = 0, killMs = 0 } = specs.get(name)?.timeouts ?? {};
    return drainMs + stopMs + killMs;
  });
}
