import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";

const SKILL = ".claude/skills/cpipe/SKILL.md";

/**
 * `cpipe --install-skill [DIR]`: puts the skill where agents look for it, in one's home folder or in a project's. An earlier one of ours is replaced; one
 * that somebody has changed only with `force`. Gives what was done. @throws ToolError `exists`, `file-failed`
 */
export function installSkill(folder: string | null, force: boolean): string {
  const path = join(folder === null ? homedir() : projectAt(folder), SKILL);
  const text = sealed(read(join(packageRoot(), SKILL)));
  const before = existsSync(path) ? read(path) : null;
  if (before === text) return `${path} is there already, as it is in this version\n`;
  if (before !== null && !force && !isSealed(before)) throw new ToolError("exists", { what: "a file that is not ours, or was changed,", name: path, hint: "Replace it with: cpipe --install-skill --force" });
  write(path, text);
  return `${path}\n${before === null ? "Agents that look for skills find it from their next session on" : "It has taken the place of the one that was there"}\n`;
}

/** @throws ToolError `file-failed` */
function projectAt(folder: string): string {
  const path = resolve(folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new ToolError("file-failed", { path, reason: "is no folder", hint: "Give the folder of a project" });
}

/** The last line tells a file that nobody has changed from one that somebody has. */
const SEAL = /\n<!-- Made by cpipe, sum ([0-9a-f]{16}) -->\n$/;

function sealed(text: string): string {
  return `${text}\n<!-- Made by cpipe, sum ${sumOf(text)} -->\n`;
}

function isSealed(text: string): boolean {
  const sum = SEAL.exec(text)?.[1];
  return sum !== undefined && sum === sumOf(text.replace(SEAL, ""));
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

/** Complete or not at all. */
function write(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text, { flag: "wx" });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw ToolError.from(error, "file-failed", { path });
  }
}
