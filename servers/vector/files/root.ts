import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { isGone, reasonOf } from "./skipped.ts";

export interface Root {
  /** Absolute, without links. */
  readonly folder: string;
  /** The one file that was asked for; null: the whole folder. */
  readonly file: string | null;
}

/** A root may be named by a link, for it was asked for; below it none is followed. @throws ToolError `file-failed` */
export async function findRoot(path: string): Promise<Root> {
  const { real, stats } = await lookAt(path);
  if (stats.isDirectory()) return { folder: real, file: null };
  if (stats.isFile()) return { folder: dirname(real), file: basename(real) };
  throw new ToolError("file-failed", { path, reason: "expected a folder or a file, got neither (a device, a socket or a pipe)" });
}

async function lookAt(path: string): Promise<{ real: string; stats: Stats }> {
  try {
    const real = await realpath(path);
    return { real, stats: await stat(real) };
  } catch (error) {
    const reason = `expected a folder or a file, ${isGone(error) ? "there is nothing by that name" : `but it cannot be looked at (${reasonOf(error)})`}`;
    throw new ToolError("file-failed", { path, reason, hint: isGone(error) ? "Check the spelling; a relative path counts from where the server was started" : "Check the permissions of the folders on the way" }, { cause: error });
  }
}
