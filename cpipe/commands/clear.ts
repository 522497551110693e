import { removeOrphans } from "../../pipes/client/orphans.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import { DEFAULT_PIPES } from "../../pipes/protocol/names.ts";

/** `cpipe --clear [DIR]`: what was removed, as text or as `{"removed": [path]}`. @throws ToolError `file-failed` */
export async function clear(folder: string | null, json: boolean): Promise<string> {
  const pipes = folder ?? process.env["PIPE_TOOLS_PIPES"] ?? readRegistry()?.pipes ?? DEFAULT_PIPES;
  const removed = await removeOrphans(pipes);
  if (json) return `${JSON.stringify({ removed })}\n`;
  return removed.length === 0 ? `no orphaned pipes in ${pipes}\n` : removed.map((path) => `removed ${path}\n`).join("");
}
