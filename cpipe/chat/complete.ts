import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { conversationNames } from "../conversations/names.ts";
import { chatCommands } from "./commands.ts";

/** What the word before the cursor may become. */
export interface Completion {
  /** Where the word begins. */
  readonly start: number;
  /** Whole words; a folder's ends with a slash. */
  readonly candidates: readonly string[];
}

/** Commands behind a slash, then what the command takes; elsewhere files, where the word looks like a path. */
export function completionFor(before: string): Completion {
  const command = /^\/(\S*)$/.exec(before)?.[1];
  if (command !== undefined) return { start: 0, candidates: chatCommands.map(({ name }) => `/${name}`).filter((name) => name.startsWith(before.toLowerCase())) };
  const [, name, argument = ""] = /^\/(\S+)\s+(.*)$/s.exec(before) ?? [];
  const start = before.length - argument.length;
  if (name === "load") return { start, candidates: conversationNames().filter((known) => known.startsWith(argument)).sort() };
  if (name === "file" || name === "save") return { start, candidates: files(argument) };
  const word = /\S*$/.exec(before)?.[0] ?? "";
  return { start: before.length - word.length, candidates: /^[~.]?.*\//.test(word) ? files(word) : [] };
}

/** As far as all candidates agree; a single one with what ends it. Null where that is no more than what is written. */
export function agreed({ start, candidates }: Completion, before: string): string | null {
  const [first = "", ...others] = candidates;
  if (others.length === 0) return first === "" ? null : first.endsWith("/") ? first : `${first} `;
  let common = Array.from(first);
  for (const other of others) {
    const theirs = Array.from(other);
    const differs = common.findIndex((char, at) => char !== theirs[at]);
    if (differs !== -1) common = common.slice(0, differs);
  }
  return common.join("").length > before.length - start ? common.join("") : null;
}

function files(word: string): string[] {
  const folder = word.endsWith("/") ? word : word.includes("/") ? `${dirname(word)}/`.replace("//", "/") : "";
  const start = word.endsWith("/") ? "" : basename(word);
  const real = folder === "" ? "." : folder.replace(/^~(?=\/)/, homedir());
  try {
    const names = readdirSync(real).filter((name) => name.startsWith(start) && (start.startsWith(".") || !name.startsWith(".")));
    return names.sort().map((name) => `${folder}${name}${isFolder(join(real, name)) ? "/" : ""}`);
  } catch {
    return []; // there is no such folder
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
