import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editFile } from "../terminal/own-editor.ts";

/** Has the user write a text in their own editor, beginning with `text`. The terminal has to be the editor's meanwhile. @throws ToolError `handler-failed` */
export async function writeInEditor(text: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "cpipe-"));
  const path = join(folder, "message.md");
  try {
    writeFileSync(path, text, { mode: 0o600 });
    await editFile(path);
    return readFileSync(path, "utf8").trimEnd();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
