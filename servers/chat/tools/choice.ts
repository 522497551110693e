import { ToolError } from "../../../pipes/protocol/errors.ts";
import { checkToolName } from "../../../pipes/protocol/names.ts";

/** One entry of `tools`: a tool, or one command of it that was named. */
export interface Choice {
  readonly tool: string;
  readonly cmd: string | null;
}

/**
 * Reads `["vector", "files.write"]`, also `["vector,files.write"]`, as a command line has it. A name with a dot in it may be a tool's: it is, where
 * there is such a tool. `self` is the tool that asks. @throws ToolError `invalid-name`, `unsupported`
 */
export function readChoices(names: readonly string[], self: string, isTool: (name: string) => boolean): Choice[] {
  const parts = names.flatMap((name) => name.split(",")).map((name) => name.trim());
  const choices = parts.filter((name) => name !== "").map((name) => readChoice(name, isTool));
  for (const { tool } of choices) {
    checkToolName(tool);
    if (tool === self) throw new ToolError("unsupported", { tool: self, what: "use itself as a tool", hint: "Take its name out of tools" });
  }
  return choices;
}

function readChoice(name: string, isTool: (name: string) => boolean): Choice {
  const dot = name.lastIndexOf(".");
  return dot <= 0 || isTool(name) ? { tool: name, cmd: null } : { tool: name.slice(0, dot), cmd: name.slice(dot + 1) };
}
