import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { builtinModel } from "./model.ts";

/**
 * What `builtinModel` builds, known without building it: a start that finds the file should not spend the time. A test compares
 * the two; when it fails, the topics or the builder have changed and these have to follow.
 */
export const BUILTIN = { hash: "701af389e46c", bytes: 1_269_824 } as const;

/**
 * The path of the built-in stand-in below `folder`; writes the file when it is not there. Its name carries a hash of
 * its content, so another version of pipe-tools never finds it changed under its feet.
 * @throws ToolError `file-failed` when the disk is full or the folder cannot be written
 */
export async function ensureBuiltinModel(folder: string): Promise<string> {
  const path = join(folder, `builtin-${BUILTIN.hash}.gguf`);
  try {
    const size = await stat(path).then((found) => found.size, whenAbsent);
    if (size === BUILTIN.bytes) return path;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(path, builtinModel());
    return path;
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

/** Under its name the file is complete or not there; whoever renames last wins, with the same bytes. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function whenAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
