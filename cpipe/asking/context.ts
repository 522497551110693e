import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { inBytes } from "../../pipes/protocol/quantity.ts";
import { absolute } from "../compose.ts";
import { harmless } from "../terminal/width.ts";

/** Far more than a model that runs here can read. */
const MOST_BYTES = 4 * 2 ** 20;

/** The files as a text for a prompt: each in a code block, below its name. @throws ToolError `file-failed`, `unsafe-file` */
export function contextOf(paths: readonly string[]): string {
  return paths.map((path) => inFence(path, readText(path))).join("\n\n");
}

/** A text file, in whole. @throws ToolError `file-failed` where it is missing or a folder, `unsafe-file` where it is no text or too large */
export function readText(path: string): string {
  const bytes = read(absolute(path), path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // not UTF-8
  }
  throw new ToolError("unsafe-file", { path, reason: "is no text (UTF-8) that a model could read", hint: "Give a text file, or what a converter makes of it: pdftotext paper.pdf - | cpipe chat ask …" });
}

/** A text in a fence that nothing in it ends, below the name it goes by. */
function inFence(name: string, text: string): string {
  let longest = 2;
  for (const [, ticks = ""] of text.matchAll(/^[ \t]*(`{3,})/gm)) longest = Math.max(longest, ticks.length);
  const fence = "`".repeat(longest + 1);
  // A name may have a line break in it, and what follows that would read as the user's own words.
  return `${harmless(name).replaceAll("\n", "\u240a")}:\n${fence}${languageOf(name)}\n${text.endsWith("\n") || text === "" ? text : `${text}\n`}${fence}`;
}

function read(path: string, shown: string): Buffer {
  try {
    // What is no file, as a FIFO in which nothing comes, does not make the open wait.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (stats.isDirectory()) throw new ToolError("file-failed", { path: shown, reason: "is a folder", hint: "Name its files, as with a pattern of the shell; or let the model search in it: cpipe vector index DIR, then --tools vector" });
      if (!stats.isFile()) throw new ToolError("file-failed", { path: shown, reason: "is no file", hint: "Pipe it in: … | cpipe chat ask …" });
      if (stats.size > MOST_BYTES) throw new ToolError("unsafe-file", { path: shown, reason: `is too large for a prompt: ${inBytes(stats.size)}, at most ${inBytes(MOST_BYTES)} can be sent`, hint: "Let the model search in it: cpipe vector index FILE, then --tools vector" });
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw missing ? new ToolError("file-failed", { path: shown, reason: "there is no such file" }, { cause: error }) : ToolError.from(error, "file-failed", { path: shown });
  }
}

/** A block's language by the ending of the name: what people write there is mostly the same. */
function languageOf(name: string): string {
  return /\.([A-Za-z0-9]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? "";
}
