import { setTimeout as delay } from "node:timers/promises";
import { resolveTool, toolsIn } from "../pipes/client/discover.ts";
import { explainSilence, runningRegistry } from "../pipes/client/readiness.ts";
import { readRegistry } from "../pipes/client/registry.ts";
import { makeTogether } from "../pipes/client/together.ts";
import { ToolClient } from "../pipes/client/tool-client.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { fifoOf, parseAddress, SUPERVISOR } from "../pipes/protocol/names.ts";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import { suggest } from "../pipes/protocol/suggest.ts";

export interface Target {
  readonly name: string;
  readonly folder: string;
  /** What the running daemon says of it; null for a tool that is not the daemon's. */
  readonly entry: RegistryEntry | null;
}

/** Finds the tool that a person named. @throws ToolError `invalid-name` */
export function findTarget(tool: string): Target {
  const { name, folder } = resolveTool(tool);
  const registry = runningRegistry();
  const entry = registry?.pipes === folder ? (registry.tools[name] ?? null) : null;
  return { name, folder, entry };
}

/** In an upgrade the daemon's own pipe is away for a moment. So long it is waited for, where the registry says that the daemon runs. */
const UPGRADE_MS = 5000;

/** A session with the tool. @throws ToolError what ToolClient.connect throws, `not-ready` where the daemon knows why nobody answers */
export async function connect({ name, folder }: Target, options: { timeout: number; signal: AbortSignal; unnamed?: boolean }, until: number = performance.now() + UPGRADE_MS): Promise<ToolClient> {
  const makeFifo = makeTogether([fifoOf.downstream(folder, name, process.pid), fifoOf.lane(folder, name, process.pid)]);
  try {
    return await ToolClient.connect(name, { ...options, folder, makeFifo });
  } catch (thrown) {
    const error = ToolError.from(thrown);
    if (error.code === "no-such-tool" && name === SUPERVISOR && runningRegistry()?.pipes === folder && performance.now() < until) {
      await delay(20, undefined, { signal: options.signal });
      return await connect({ name, folder, entry: null }, options, until);
    }
    throw error.code === "timeout" ? explainSilence(error, name, folder) : error;
  }
}

/** The error with what the person probably meant, where that shows. */
export function withSuggestion(error: ToolError, tool: string): ToolError {
  if (error.code !== "no-such-tool") return error;
  const { name, folder } = parseAddress(tool);
  const registry = readRegistry();
  const names = new Set([...Object.keys(registry?.tools ?? {}), ...toolsIn(folder ?? resolveTool(tool).folder)]);
  names.delete(name);
  const near = suggest(name, names);
  return near === null ? error : new ToolError("no-such-tool", { tool: name, hint: `Did you mean '${near}'?` }, { cause: error });
}
