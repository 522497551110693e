import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { sealOf } from "../../pipes/client/unit.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** What is at a service file's place, compared with `text`, which belongs there. */
export type Standing = "absent" | "same" | "older" | "edited" | "foreign";

/** A link is foreign: what it leads to (a mask at /dev/null, somebody's dotfiles) is not ours to write to. @throws ToolError `file-failed` */
export function standingOf(path: string, text: string): Standing {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "absent";
  if (!stats.isFile()) return "foreign";
  try {
    const found = readFileSync(path, "utf8");
    if (found === text) return "same";
    const seal = sealOf(found);
    return seal === "intact" ? "older" : seal === "broken" ? "edited" : "foreign";
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

/** Complete or not at all; in place of what is there. Readable for all, as service managers want it. @throws ToolError `file-failed` */
export function writeServiceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text, { mode: 0o644, flag: "wx" });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw ToolError.from(error, "file-failed", { path });
  }
}

/** What was done with the file, as a sentence. */
export function toldOf(before: Standing): string {
  if (before === "absent") return "was written";
  return before === "same" ? "is as it should be" : before === "older" ? "was brought up to date" : "was replaced";
}
