import { ToolError } from "../../pipes/protocol/errors.ts";
import { MAX_DURATION_MS } from "../../pipes/protocol/quantity.ts";
import { isObject, shorten } from "../options.ts";

/** What a program calls its request; it comes back on every event of it. */
export type Id = string | number;

/** One line of standard input. */
export type StdioRequest =
  | { readonly kind: "cancel"; readonly id: Id }
  /** The tools and their commands, as the daemon knows them; no pipe is touched. */
  | { readonly kind: "list"; readonly id: Id }
  /** The interfaces of one tool, which is asked where the daemon does not know them. */
  | { readonly kind: "describe"; readonly id: Id; readonly tool: string }
  | CallRequest;

export interface CallRequest {
  readonly kind: "call";
  readonly id: Id;
  readonly tool: string;
  readonly cmd: string;
  readonly args: Record<string, unknown>;
  /** What would stand behind the command on the command line; beside `args`. */
  readonly words: readonly string[];
  /** Where relative paths in `words` begin. */
  readonly cwd: string | null;
  /** Longest silence in ms; Infinity for ever, null when not given. */
  readonly timeout: number | null;
  /** Every event also gets `printed`, the text that `cpipe TOOL CMD` would print for it. */
  readonly print: boolean;
}

/** @throws ToolError `invalid-json`, `invalid-request` */
export function parseRequest(text: string): StdioRequest {
  const value = objectIn(text);
  const { id } = value;
  if ((typeof id !== "string" || id === "") && (typeof id !== "number" || !Number.isFinite(id))) throw wrong("$.id", "a text or a number of yours", id);
  if (value["cancel"] === true) return { kind: "cancel", id };
  if (value["list"] === true) return { kind: "list", id };
  if (value["describe"] !== undefined) return { kind: "describe", id, tool: textAt(value, "describe", "the name of a tool") };
  const { args = {}, words = [], cwd = null, timeout = null, print = false } = value;
  if (!isObject(args)) throw wrong("$.args", "an object", args);
  if (!Array.isArray(words) || !words.every((word): word is string => typeof word === "string")) throw wrong("$.words", "a list of texts", words);
  if (cwd !== null && (typeof cwd !== "string" || !cwd.startsWith("/"))) throw wrong("$.cwd", "an absolute path", cwd);
  if (timeout !== null && (typeof timeout !== "number" || !(timeout >= 0))) throw wrong("$.timeout", "seconds, 0 for ever", timeout);
  if (typeof print !== "boolean") throw wrong("$.print", "true or false", print);
  const ms = timeout === null ? null : timeout === 0 ? Number.POSITIVE_INFINITY : Math.min(timeout * 1000, MAX_DURATION_MS);
  return { kind: "call", id, tool: textAt(value, "tool", "the name of a tool"), cmd: textAt(value, "cmd", "a command"), args, words, cwd, timeout: ms, print };
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ToolError("invalid-json", { reason: (error as Error).message }, { cause: error });
  }
  if (!isObject(value)) throw new ToolError("invalid-json", { reason: `expected {"id", "tool", "cmd", "args"}, got ${shorten(text)}` });
  return value;
}

function textAt(value: Record<string, unknown>, key: string, expected: string): string {
  const text = value[key];
  if (typeof text !== "string" || text === "") throw wrong(`$.${key}`, expected, text);
  return text;
}

function wrong(path: string, expected: string, got: unknown): ToolError {
  return new ToolError("invalid-request", { path, expected, got: got === undefined ? "nothing" : shorten(JSON.stringify(got)) });
}
