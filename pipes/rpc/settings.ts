import { ToolError } from "../protocol/errors.ts";

/** What the daemon has given a worker to go by. @throws ToolError `invalid-request` */
export function readSettings(): Record<string, unknown> {
  const text = process.env["PIPE_TOOLS_SETTINGS"];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new ToolError("invalid-request", { path: "$PIPE_TOOLS_SETTINGS", expected: "a JSON object", got: text.slice(0, 40) }, { cause: error });
  }
}
