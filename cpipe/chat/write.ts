import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** Has the user write a text in their own editor, beginning with `text`. The terminal has to be the editor's meanwhile. @throws ToolError `file-failed` */
export async function writeInEditor(text: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const editor = env["VISUAL"] || env["EDITOR"] || "vi";
  const folder = mkdtempSync(join(tmpdir(), "cpipe-"));
  const path = join(folder, "message.md");
  try {
    writeFileSync(path, text, { mode: 0o600 });
    const end = await run(editor, path);
    if (end !== null) throw new ToolError("file-failed", { path: editor, reason: end, hint: "$VISUAL or $EDITOR says which editor is used" });
    return readFileSync(path, "utf8").trimEnd();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By the shell, since people write `code --wait` into the variable. Null when it has ended well. */
function run(editor: string, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? null : (signal ?? `ended with exit code ${code}`)));
  });
}
