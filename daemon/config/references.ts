import { suggest } from "../../pipes/protocol/suggest.ts";
import { circleInWords, circles, type Ordered } from "../fleet/order.ts";
import { named, type Placed } from "./check.ts";
import { either, shown } from "./words.ts";

/** What is wrong with the names under `needs:` and `after:`: tools that there are not, and circles. What is no list of names is told elsewhere. */
export function checkOrder(tools: Readonly<Record<string, unknown>>): Placed[] {
  const order = new Map(Object.entries(tools).map(([name, entry]) => [name, orderOf(entry)]));
  const unknown = [...order].flatMap(([name, { needs, after }]) => [...unknownIn(name, "needs", needs, order), ...unknownIn(name, "after", after, order)]);
  const round = circles(order).map((waits): Placed => {
    const { from, by, index } = waits[0] as (typeof waits)[number];
    return { path: ["tools", from, by, index], at: "value", message: `${circleInWords(waits)}: none of them could be the first to start`, hint: "take one of these out" };
  });
  return [...unknown, ...round];
}

function orderOf(entry: unknown): Ordered {
  const { needs, after } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  return { needs: namesIn(needs), after: namesIn(after) };
}

/** Each in its place: what is no text keeps one. */
function namesIn(list: unknown): string[] {
  return Array.isArray(list) ? list.map((item: unknown) => (typeof item === "string" ? item : "")) : [];
}

function unknownIn(tool: string, key: string, names: readonly string[], order: ReadonlyMap<string, unknown>): Placed[] {
  return names.flatMap((name, index) => {
    if (name === "" || order.has(name)) return [];
    const known = [...order.keys()].filter((other) => other !== tool);
    const near = suggest(name, known);
    const path = ["tools", tool, key, index];
    const expected = near !== null ? undefined : known.length === 0 ? "the name of another tool of this file" : either(known);
    return [{ path, at: "value", message: `there is no tool ${shown(name)} for ${named(path.slice(0, 3))}`, expected, got: name, hint: near === null ? undefined : `did you mean "${near}"?` }];
  });
}
