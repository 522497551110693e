import type { Task } from "./arguments.ts";
import { noOptions } from "./flags.ts";
import { usage } from "./options.ts";

/** What stands behind --mcp or --install-skill. @throws ToolError `usage` */
export function parseAgents(mode: "mcp" | "install-skill", words: readonly string[]): Task {
  if (words.some((word) => word === "--help" || word === "-h")) return { kind: "help", tool: null, cmd: null, options: noOptions() };
  const own = mode === "mcp" ? "--print-config" : "--force";
  const folders = words.filter((word) => word !== own);
  const most = mode === "mcp" ? 0 : 1;
  const wrong = folders.find((word) => word.startsWith("-")) ?? folders[most];
  if (wrong !== undefined) throw usage(`--${mode} does not take ${wrong}`, `It takes: ${most === 0 ? "" : "DIR, "}${own}`);
  return mode === "mcp" ? { kind: "mcp", print: words.includes(own) } : { kind: "install-skill", folder: folders[0] ?? null, force: words.includes(own) };
}
