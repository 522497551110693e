import type { ToolSpec } from "../../pipes/protocol/spec.ts";

/** What a tool says of those that come before it. */
export type Ordered = Pick<ToolSpec, "needs" | "after">;
export type Order = ReadonlyMap<string, Ordered>;

/** `from` waits for `to`; `index` is the place in its list. */
export interface Wait {
  readonly from: string;
  readonly to: string;
  readonly by: "needs" | "after";
  readonly index: number;
}

/** All names, each after those that it waits for, else in the order of the map. In a circle, wherever that is entered. */
export function startOrder(order: Order): string[] {
  const placed = new Set<string>();
  const visited = new Set<string>();
  const place = (name: string): void => {
    if (visited.has(name) || !order.has(name)) return;
    visited.add(name);
    for (const { to } of waitsOf(name, order)) place(to);
    placed.add(name);
  };
  for (const name of order.keys()) place(name);
  return [...placed];
}

/** Circles of tools that wait for each other, each as the waits that lead round it; empty exactly when there is none. */
export function circles(order: Order): Wait[][] {
  const found: Wait[][] = [];
  const done = new Set<string>();
  const path: Wait[] = [];
  const visit = (name: string): void => {
    for (const wait of waitsOf(name, order)) {
      const begin = path.findIndex(({ from }) => from === wait.to);
      if (wait.to === name) found.push([wait]);
      else if (begin !== -1) found.push([...path.slice(begin), wait]);
      else if (!done.has(wait.to)) {
        path.push(wait);
        visit(wait.to);
        path.pop();
      }
    }
    done.add(name);
  };
  for (const name of order.keys()) if (!done.has(name)) visit(name);
  return found;
}

/** `chat needs vector, which is after chat` */
export function circleInWords(waits: readonly Wait[]): string {
  const [first] = waits;
  return first === undefined ? "" : `${first.from} ${waits.map(({ by, to }) => `${by === "needs" ? "needs" : "is started after"} ${to}`).join(", which ")}`;
}

/** All that a tool needs, and what that needs, in the order in which they are started. */
export function needsOf(name: string, order: Order): string[] {
  const needed = new Set<string>();
  const add = (from: string): void => {
    for (const to of order.get(from)?.needs ?? []) {
      if (needed.has(to) || to === name) continue;
      needed.add(to);
      add(to);
    }
  };
  add(name);
  return startOrder(order).filter((each) => needed.has(each));
}

/** The tools that need it, by themselves or through another. */
export function neededBy(name: string, order: Order): string[] {
  return [...order.keys()].filter((other) => other !== name && needsOf(other, order).includes(name));
}

/** The tools that are started only after it, and so stopped before it. */
export function waitersOf(name: string, order: Order): string[] {
  return [...order.keys()].filter((other) => other !== name && waitsOf(other, order).some(({ to }) => to === name));
}

/** The longest time that stopping all of them in order takes, when each takes what `budget` says; ms. */
export function longestStop(order: Order, budget: (name: string) => number): number {
  const known = new Map<string, number>();
  // Those that wait for a tool are stopped before it; in the order of starting, what it waits for is known already.
  for (const name of startOrder(order)) {
    const beneath = waitsOf(name, order).map(({ to }) => known.get(to) ?? 0);
    known.set(name, budget(name) + Math.max(0, ...beneath));
  }
  return Math.max(0, ...known.values());
}

function waitsOf(from: string, order: Order): Wait[] {
  const { needs, after } = order.get(from) ?? { needs: [], after: [] };
  return [...needs.map((to, index): Wait => ({ from, to, by: "needs", index })), ...after.map((to, index): Wait => ({ from, to, by: "after", index }))];
}
