import type { Task } from "./arguments.ts";
import { noOptions } from "./flags.ts";
import { usage } from "./options.ts";

/** What stands behind --mcp or --install-skill. @throws ToolError `usage` */
export function parseAgents(mode: "mcp" | "install-skill", words: readonly string[]): Task {
  if (words.some((word) => word === "--help" || word === "-h")) return { kind: "help", tool: null, cmd: null, options: noOptions() };
  const own = mode === "mcp" ? "--print-config" : "--force";
  const given = words.filter((word) => word !== own);
  const wrong = given.find((word) => word.startsWith("-")) ?? (mode === "mcp" ? undefined : given[1]);
  if (wrong !== undefined) throw usage(`--${mode} does not take ${wrong}`, `It takes: ${mode === "mcp" ? "names of tools" : "a folder"}, ${own}`);
  return mode === "mcp" ? { kind: "mcp", only: given, print: words.includes(own) } : { kind: "install-skill", folder: given[0] ?? null, force: words.includes(own) };
}
