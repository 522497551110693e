import { mkdirSync } from "node:fs";
import { ToolError } from "../pipes/protocol/errors.ts";

/** Sees to it that there is a folder for the FIFOs. @throws ToolError `file-failed` */
export function makePipesFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path: folder, hint: "pipes: in tools.yaml names this folder" });
  }
}
