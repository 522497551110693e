import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import { type Applies, APPLIES, canonical } from "../../pipes/protocol/applies.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";

export type Tools = ReadonlyMap<string, ToolSpec>;

/** What a new config means for one tool. `fields` are dotted: `settings.model`, `env.PORT`, `restart`. */
export type Change =
  | { readonly kind: "removed"; readonly name: string; readonly from: ToolSpec }
  | { readonly kind: "added"; readonly name: string; readonly to: ToolSpec }
  /** The process stays (`live`), is replaced when it is idle (`drained`), or by another that is ready (`recreated`). */
  | { readonly kind: "live" | "drained" | "recreated"; readonly name: string; readonly from: ToolSpec; readonly to: ToolSpec; readonly fields: readonly string[] }
  | { readonly kind: "unchanged"; readonly name: string; readonly to: ToolSpec };

/** One change for each tool of either config: first those removed, so that their memory is free, then the rest in the new order. */
export function plan(current: Tools, next: Tools): Change[] {
  const removed = [...current].filter(([name]) => !next.has(name)).map(([name, from]) => ({ kind: "removed", name, from }) as const);
  return [...removed, ...[...next].map(([name, to]) => changeOf(name, current.get(name), to))];
}

export function changeOf(name: string, from: ToolSpec | undefined, to: ToolSpec): Change {
  if (from === undefined) return { kind: "added", name, to };
  const differing = (Object.keys(APPLIES) as (keyof ToolSpec)[]).filter((field) => !same(from[field], to[field]));
  if (differing.length === 0) return { kind: "unchanged", name, to };
  const parts = differing.flatMap((field) => within(field, from, to));
  return { kind: kindOf(parts, from, to), name, from, to, fields: parts.map(({ field }) => field) };
}

interface Part {
  readonly field: string;
  readonly applies: Applies;
}

/** The field that asks for most decides. Of a program that we do not know two cannot run side by side: they may share a port, or a file. */
function kindOf(parts: readonly Part[], from: ToolSpec, to: ToolSpec): "live" | "drained" | "recreated" {
  if (parts.every(({ applies }) => applies === "live")) return "live";
  const unknown = from.kind === "command" || to.kind === "command";
  return unknown || parts.every(({ applies }) => applies !== "recreate") ? "drained" : "recreated";
}

/** Of maps whose keys are the user's own, or a server's, which keys differ. */
function within(field: keyof ToolSpec, from: ToolSpec, to: ToolSpec): Part[] {
  if (field !== "settings" && field !== "env") return [{ field, applies: APPLIES[field] }];
  const [before, after] = [from[field], to[field]];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !same(before[key], after[key]));
  return keys.map((key) => ({ field: `${field}.${key}`, applies: field === "env" ? APPLIES.env : appliesOf(to.server, key) }));
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}
