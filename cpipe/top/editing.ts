import { spawn } from "node:child_process";
import { join } from "node:path";
import { initConfig } from "../../pipes/client/init.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { places } from "../../pipes/protocol/places.ts";

/** The file that is edited in place of `path`: never the packaged one, which the next version replaces. @throws ToolError `file-failed` */
export function editable(path: string): string {
  return path === join(packageRoot(), "config/tools.yaml") ? initConfig(places()).path : path;
}

/** Runs the person's editor on the file, in the terminal that was given back for it, until it ends. @throws ToolError `handler-failed` */
export async function edit(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const editor = env["VISUAL"] || env["EDITOR"] || "vi";
  // As git does it: what the variable says is a line of sh, with arguments in it perhaps.
  const child = spawn("sh", ["-c", `${editor} "$@"`, editor, path], { stdio: "inherit" });
  const failure = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)));
  });
  if (failure !== null) throw new ToolError("handler-failed", { cmd: `the editor (${editor})`, reason: failure });
}
