import { createHash } from "node:crypto";
import type { ToolSpec } from "./spec.ts";

/**
 * How a change of a field reaches a running tool. *live*: the process takes it over, or only the daemon has to know. *drain*: what is
 * under way ends by the old value, then the process is replaced. *recreate*: a new process is ready before the old one leaves, where
 * there is room for both; else as *drain*.
 */
export type Applies = "live" | "drain" | "recreate";

/** Of `settings` it is each key that decides: `appliesOf` in settings/index.ts. */
export const APPLIES = {
  name: "recreate",
  kind: "recreate",
  server: "recreate",
  module: "recreate",
  command: "drain",
  settings: "recreate",
  env: "recreate",
  cwd: "recreate",
  description: "live",
  autostart: "live",
  restart: "live",
  timeouts: "live",
  health: "live",
  keep: "live",
  priority: "live",
  pinned: "live",
  memoryMax: "live",
  needs: "live",
  after: "live",
} as const satisfies Record<keyof ToolSpec, Applies>;

/**
 * sha256 (hex) over what a process works by: a worker whose hash is equal may be kept, or
 * adopted. All settings are part of it, also those that a running process has taken over.
 */
export function specHash(spec: ToolSpec): string {
  const relevant = Object.fromEntries(Object.entries(spec).filter(([field]) => APPLIES[field as keyof ToolSpec] !== "live"));
  return createHash("sha256").update(canonical(relevant)).digest("hex");
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
}
