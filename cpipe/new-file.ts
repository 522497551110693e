import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";

/** Writes a text into a file that is not there yet, as a person has named it. Resolves with its path. @throws ToolError `exists`, `file-failed` */
export async function writeNew(typed: string, text: string): Promise<string> {
  const path = resolve(typed.replace(/^~(?=\/)/, homedir()));
  try {
    await writeFile(path, text.endsWith("\n") ? text : `${text}\n`, { flag: "wx" });
    return path;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw isThere ? new ToolError("exists", { what: "the file", name: typed, hint: "It was left as it is; choose another name" }) : ToolError.from(error, "file-failed", { path });
  }
}
