import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { complete } from "../complete/complete.ts";
import { fleetFrom } from "../complete/fleet.ts";
import { SHELLS, type Shell } from "../complete/shells.ts";
import { plain } from "../describe.ts";

/** More of a description would not be seen beside the word. */
const MOST_CHARACTERS = 72;
/** What stands in a word's place where files may stand there, too. */
const FILES = "\tfiles\n";

/** `cpipe --complete WORD …`: the shell's scripts ask this. A line is a word, a tab, what it means. */
export function answer(line: readonly string[]): string {
  const { candidates, files } = complete(line, fleetFrom());
  const lines = candidates.filter(({ value }) => value !== "" && value === plain(value)).map(({ value, description }) => `${value}\t${shortened(plain(description))}\n`);
  return lines.join("") + (files ? FILES : "");
}

/** `cpipe --completions SHELL`. @throws ToolError `file-failed` */
export function script(shell: Shell): string {
  const path = join(packageRoot(), "completions", SHELLS[shell]);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

function shortened(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1).trimEnd()}…`;
}
