import { spawn } from "node:child_process";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** Runs the person's own editor on a file, in the terminal that was given back for it, until it ends. @throws ToolError `handler-failed` */
export async function editFile(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const editor = env["VISUAL"] || env["EDITOR"] || "vi";
  // As git does it: what the variable says is a line of sh, with arguments in it perhaps.
  const child = spawn("sh", ["-c", `${editor} "$@"`, editor, path], { stdio: "inherit" });
  const failure = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)));
  });
  if (failure !== null) throw new ToolError("handler-failed", { cmd: `the editor (${editor})`, reason: failure });
}
