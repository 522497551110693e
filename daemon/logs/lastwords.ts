import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parseEntry } from "../../logs/entry.ts";

const TAIL_BYTES = 16 * 1024;
const MOST_LINES = 20;
const MOST_CHARACTERS = 300;

/**
 * What a worker said at the end: up to 20 lines of the last 16 KiB that it wrote from byte `from` on (where its log ended
 * when it was spawned). Lines that are not JSON come from a native crash or an uncaught error and are preferred; without any,
 * the messages of its last JSON lines of level `error` and above.
 */
export function lastWords(path: string, from: number): string[] {
  const lines = tail(path, from).split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map(parseEntry);
  const raw = entries.filter((entry) => entry.time === null && entry.level === null);
  const said = raw.length > 0 ? raw : entries.filter((entry) => entry.level === "error" || entry.level === "fatal");
  return said.slice(-MOST_LINES).map((entry) => entry.msg.slice(0, MOST_CHARACTERS));
}

const STACK_LINE = /^\s*(at |\d+: |File "|#\d+ |\^|-----|Node\.js v)/;
const NAMES_AN_ERROR = /^\s*(\[?\w[\w.]*(Error|Exception)\b|FATAL ERROR|terminate called|libc\+\+abi|panic|thread .* panicked|Assertion|error:|fatal:|GGML_ASSERT|.*[Aa]ssertion .*failed|Segmentation fault)/i;

/** The one line that tells most: the last that names an error, else the last that is no part of a stack trace; null without any. */
export function tellingLine(lines: readonly string[]): string | null {
  const line = lines.findLast((one) => NAMES_AN_ERROR.test(one)) ?? lines.findLast((one) => !STACK_LINE.test(one)) ?? null;
  return line === null ? null : line.trim();
}

/** Reads without waiting for anybody: between a worker's exit and its successor there is no time to lose. */
function tail(path: string, from: number): string {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return ""; // a log that is gone has no last words, and its loss is told where it is opened for writing
  }
  try {
    const { size } = fstatSync(fd);
    // A file smaller than it was has been cut by rotation: all of it is newer.
    const start = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const read = readSync(fd, buffer, 0, buffer.length, start);
    const text = buffer.subarray(0, read).toString("utf8");
    return start === 0 || start === from ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    closeSync(fd);
  }
}
