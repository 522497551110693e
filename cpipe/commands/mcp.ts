import { join } from "node:path";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { usage } from "../options.ts";

/** `cpipe --mcp`: an MCP server on standard input and output. It is a program of its own, so that nobody else waits for what it needs to be loaded. @throws ToolError `usage` */
export async function mcp(only: readonly string[], signal: AbortSignal): Promise<void> {
  if (process.stdin.isTTY) throw usage("--mcp speaks the Model Context Protocol with a program, and this is a terminal", "Programs start it themselves; what to tell them: cpipe --mcp --print-config");
  const { serveMcp } = await import("../mcp/main.ts"); // not loaded for anything else
  await serveMcp(only, signal);
}

/** `cpipe --mcp --print-config`: the configuration that most MCP clients take. By paths, since a desktop program may have another PATH than this shell. */
export function mcpConfig(only: readonly string[]): string {
  const server = { command: process.execPath, args: [join(packageRoot(), "dist/cpipe.cjs"), "--mcp", ...only] };
  return `${JSON.stringify({ mcpServers: { "pipe-tools": server } }, null, 2)}\n`;
}
