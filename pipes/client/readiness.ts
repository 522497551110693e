import { ToolError } from "../protocol/errors.ts";
import type { Registry, RegistryEntry } from "../protocol/registry.ts";
import { isAlive, readRegistry } from "./registry.ts";

/** @throws ToolError `not-ready` when the daemon knows that waiting for the tool is in vain */
export function checkReady({ entry }: { readonly entry: RegistryEntry | null }): void {
  if (entry === null || !(entry.phase === "failed" || (entry.phase === "down" && entry.want === "down"))) return;
  const { name, phase, reason } = entry;
  const hint = phase === "down" ? `Start it with: cpipe supervisor start ${name}` : `See: cpipe supervisor logs ${name}; try again with: cpipe supervisor restart ${name}`;
  throw new ToolError("not-ready", { tool: name, state: phase, reason, hint });
}

/** The daemon holds the pipe of a tool that is on its way, so a request waits there for a tool that may not come. */
export function explainSilence(error: ToolError, name: string, folder: string): ToolError {
  const registry = runningRegistry();
  const entry = registry?.pipes === folder ? registry.tools[name] : undefined;
  if (entry === undefined || entry.phase === "ready") return error;
  const { phase: state, reason } = entry;
  return new ToolError("not-ready", { tool: name, state, reason, hint: `See: cpipe supervisor logs ${name}` }, { cause: error });
}

/** The registry of a daemon that runs; null when there is none. */
export function runningRegistry(): Registry | null {
  const registry = readRegistry();
  return registry !== null && isAlive(registry.daemon.pid, registry.daemon.startTime) ? registry : null;
}
