import { readdirSync } from "node:fs";
import { ToolError } from "../protocol/errors.ts";
import { DEFAULT_PIPES, fifoOf, isToolName, parseAddress, roleOf } from "../protocol/names.ts";
import type { Registry } from "../protocol/registry.ts";
import { isAlive, readRegistry } from "./registry.ts";

/** Where a tool is, and what to say when nobody answers there. */
export interface Address {
  readonly name: string;
  readonly folder: string;
  /** The error for a FIFO that nobody has open, with what to do next. */
  explain(): ToolError;
}

/** Finds a tool by bare name (through the registry's folder) or by path. @throws ToolError `invalid-name` */
export function resolveTool(tool: string, folder?: string): Address {
  const address = parseAddress(tool);
  const where = address.folder ?? folder ?? process.env["PIPE_TOOLS_PIPES"] ?? readRegistry()?.pipes ?? DEFAULT_PIPES;
  // Read when it is asked for: by then the daemon may know more, and mostly nobody asks.
  return { name: address.name, folder: where, explain: () => explainAbsence(address.name, where, readRegistry()) };
}

function explainAbsence(tool: string, folder: string, registry: Registry | null): ToolError {
  const daemonRuns = registry !== null && isAlive(registry.daemon.pid, registry.daemon.startTime);
  const entry = registry !== null && registry.pipes === folder ? registry.tools[tool] : undefined;
  if (entry === undefined) {
    const names = [...(registry === null ? [] : Object.keys(registry.tools)), ...toolsIn(folder)].filter((name) => name !== tool);
    const hint = names.length > 0 && daemonRuns ? `Known tools: ${[...new Set(names)].join(", ")}` : "Start the daemon with: pipe-tools, or one server alone with: cpipe --serve NAME";
    if (!daemonRuns && tool === "supervisor") return new ToolError("daemon-unreachable", { hint: "Start it with: pipe-tools, or systemctl --user start pipe-tools" });
    return new ToolError("no-such-tool", { tool, hint });
  }
  if (!daemonRuns) return new ToolError("daemon-unreachable", { hint: "Start it with: pipe-tools, or systemctl --user start pipe-tools" });
  const hint = entry.phase === "down" ? `Start it with: cpipe supervisor start ${tool}` : `See: cpipe supervisor logs ${tool}`;
  return new ToolError("not-ready", { tool, state: entry.phase, reason: entry.reason, hint });
}

/** Names of the tools whose upstream FIFO is in `folder`. */
export function toolsIn(folder: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return []; // no such folder, no tools
  }
  return files.flatMap((file) => {
    const role = roleOf(file);
    return role?.role === "upstream" && isToolName(role.tool) ? [role.tool] : [];
  });
}

export function pathOf(address: Pick<Address, "folder" | "name">): string {
  return fifoOf.upstream(address.folder, address.name);
}
