import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTimeOf } from "../../pipes/transport/identity.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import type { Place } from "./program.ts";

/** An entry of a tool that is well, with whatever is to be otherwise. */
export function entryOf(name: string, pipes: string, other: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    name,
    path: join(pipes, `tool-${name}`),
    description: `the tool ${name}`,
    kind: "echo",
    model: null,
    phase: "ready",
    want: "up",
    state: "idle",
    reason: null,
    progress: null,
    pid: process.pid,
    started: new Date(Date.now() - 3 * 60_000).toISOString(),
    startTime: startTimeOf(process.pid),
    run: null,
    specHash: "0",
    keep: "always",
    memory: null,
    deaths: [],
    restarts: 0,
    log: `/logs/${name}.log`,
    interfaces: [],
    ...other,
  };
}

/** A registry as a daemon would write it; this test's own process is the daemon unless said otherwise. */
export function registryOf(pipes: string, entries: readonly RegistryEntry[], other: Partial<Registry> = {}): Registry {
  return {
    version: 1,
    daemon: { pid: process.pid, startTime: startTimeOf(process.pid), bootId: null, version: "1.2.3", started: new Date().toISOString() },
    pipes,
    config: { path: "/home/me/tools.yaml", problems: [] },
    tools: Object.fromEntries(entries.map((entry) => [entry.name, entry])),
    ...other,
  };
}

export function writeRegistry(place: Place, registry: Registry): void {
  const folder = join(String(place.env["XDG_RUNTIME_DIR"]), "pipe-tools");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "registry.json"), JSON.stringify(registry), { mode: 0o600 });
}
