import { APPLIES, canonical, type ToolSpec } from "../../pipes/protocol/spec.ts";

export type Tools = ReadonlyMap<string, ToolSpec>;

/** What a new config means for one tool. `fields` are dotted: `settings.model`, `env.PORT`, `restart`. */
export type Change =
  | { readonly kind: "removed"; readonly name: string; readonly from: ToolSpec }
  | { readonly kind: "added"; readonly name: string; readonly to: ToolSpec }
  /** At least one field needs a new process. */
  | { readonly kind: "restarted"; readonly name: string; readonly from: ToolSpec; readonly to: ToolSpec; readonly fields: readonly string[] }
  /** The process stays. */
  | { readonly kind: "changed"; readonly name: string; readonly from: ToolSpec; readonly to: ToolSpec; readonly fields: readonly string[] }
  | { readonly kind: "unchanged"; readonly name: string; readonly to: ToolSpec };

/** One change for each tool of either config: first those removed, so that their memory is free, then the rest in the new order. */
export function plan(current: Tools, next: Tools): Change[] {
  const removed = [...current].filter(([name]) => !next.has(name)).map(([name, from]) => ({ kind: "removed", name, from }) as const);
  return [...removed, ...[...next].map(([name, to]) => changeOf(name, current.get(name), to))];
}

/** In a few words, for the log: `added echo; restarted chat (settings.model)`. Empty when nothing changes. */
export function describePlan(changes: readonly Change[]): string {
  return changes
    .filter(({ kind }) => kind !== "unchanged")
    .map((change) => `${change.kind} ${change.name}${"fields" in change ? ` (${change.fields.join(", ")})` : ""}`)
    .join("; ");
}

function changeOf(name: string, from: ToolSpec | undefined, to: ToolSpec): Change {
  if (from === undefined) return { kind: "added", name, to };
  const differing = (Object.keys(APPLIES) as (keyof ToolSpec)[]).filter((field) => !same(from[field], to[field]));
  if (differing.length === 0) return { kind: "unchanged", name, to };
  const fields = differing.flatMap((field) => within(field, from[field], to[field]));
  return { kind: differing.some((field) => APPLIES[field] === "restart") ? "restarted" : "changed", name, from, to, fields };
}

/** Of maps whose keys are the user's own, which keys differ. */
function within(field: keyof ToolSpec, from: unknown, to: unknown): string[] {
  if (field !== "settings" && field !== "env") return [field];
  const [before, after] = [from as Readonly<Record<string, unknown>>, to as Readonly<Record<string, unknown>>];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !same(before[key], after[key])).map((key) => `${field}.${key}`);
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}
