import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { FieldShape } from "../pipes/protocol/interfaces/shape.ts";
import { PROMPT_NAMES } from "../pipes/protocol/interfaces/words.ts";
import { MAX_LINE_BYTES } from "../pipes/protocol/messages.ts";
import { coerce, MISFIT, takesText } from "./coerce.ts";
import { isObject, shorten, usage } from "./options.ts";
import { type ReadStdin, readStdin, type StdinKind } from "./stdin.ts";
import { fieldsOf, type Words } from "./words.ts";

export interface Source extends ReadStdin {
  readonly kind: StdinKind;
}

/**
 * The arguments of a request from the words of the command line and from standard input. `args` is null when the
 * interface is not known. @throws ToolError `usage`, `file-failed`, `timeout`, `cancelled`
 */
export async function composeArguments(cmd: string, words: Words, args: readonly FieldShape[] | null, source: Source): Promise<Record<string, unknown>> {
  const given = words.data ?? words.options.data;
  const data = given === "-" ? await readStdin(source.kind, { ...source, optional: false, timeout: Number.POSITIVE_INFINITY }) : given === null ? null : textOrFile(given);
  const fields = fieldsOf(words.flags, args, cmd);
  const object = data === null ? null : asObject(data);
  const all: Record<string, unknown> = { ...words.options.json, ...object, ...fields };
  if (object !== null) return checked(withAbsolutePaths(all, args));
  if (data !== null) {
    const arg = textArgument(args);
    const name = arg?.name ?? "data";
    if (Object.hasOwn(fields, name)) throw usage(`${name} was given twice: as DATA and as a flag`);
    all[name] = textValue(data, arg);
  }
  if (given !== "-" && source.kind !== "other") await appendStdin(all, args, source);
  return checked(withAbsolutePaths(all, args));
}

/** `@FILE` is the file's text; `@@…` is a text that starts with one @. @throws ToolError `file-failed` */
export function textOrFile(given: string): string {
  if (!given.startsWith("@")) return given;
  if (given.startsWith("@@")) return given.slice(1);
  const path = given.slice(1);
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch (error) {
    const hint = `@ names a file; for text that starts with one write @@${shorten(path).slice(1, -1)}`;
    throw new ToolError("file-failed", { path, reason: (error as Error).message, hint }, { cause: error });
  }
}

/** Whether what is piped in could belong to this command. An interface that is not known is given the benefit of the doubt. */
function takesPrompt(args: readonly FieldShape[] | null): boolean {
  return args === null || args.some(isPrompt);
}

/** Whether DATA of this kind needs the interface to become arguments. */
export function needsInterface(words: Words, kind: StdinKind): boolean {
  const given = words.data ?? words.options.data;
  if (words.flags.length > 0) return true;
  if (given === null) return kind !== "other";
  return given === "-" || given.startsWith("@") || asObject(given) === null;
}

/** A server has a working folder of its own, in which a relative path would name something else. */
export function withAbsolutePaths(fields: Record<string, unknown>, args: readonly FieldShape[] | null): Record<string, unknown> {
  const paths = (args ?? []).flatMap(({ name, type }) => (type === "path" && typeof fields[name] === "string" && fields[name] !== "" ? [[name, absolute(fields[name])] as const] : []));
  return { ...fields, ...Object.fromEntries(paths) };
}

/** The shell leaves a tilde alone that stands behind an equals sign. */
export function absolute(path: string): string {
  return resolve(path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path);
}

async function appendStdin(fields: Record<string, unknown>, args: readonly FieldShape[] | null, source: Source): Promise<void> {
  if (!takesPrompt(args)) return;
  const prompts = (args ?? []).filter(isPrompt);
  const target = prompts.find((arg) => typeof fields[arg.name] === "string")?.name ?? prompts[0]?.name ?? "data";
  const before = fields[target];
  const piped = await readStdin(source.kind, source);
  const text = piped?.replace(/\n$/, "") ?? "";
  if (text === "") return;
  fields[target] = typeof before === "string" && before !== "" ? `${before}\n\n${text}` : text;
}

function isPrompt(arg: FieldShape): boolean {
  return PROMPT_NAMES.has(arg.name) && takesText(arg.type);
}

/** The first argument is the one that plain text means; see `shapeOf`. */
function textArgument(args: readonly FieldShape[] | null): FieldShape | null {
  return args?.[0] ?? null;
}

function textValue(text: string, arg: FieldShape | null): unknown {
  if (arg === null || arg.type === "any") return text;
  const value = coerce(text, arg.type);
  if (value === MISFIT) throw usage(`${arg.name}: expected ${arg.type}, got ${shorten(text)}`);
  return value;
}

function asObject(text: string): Record<string, unknown> | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null; // text that happens to start with a brace
  }
}

function checked(fields: Record<string, unknown>): Record<string, unknown> {
  const bytes = Object.values(fields).reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
  return bytes < MAX_LINE_BYTES / 8 ? fields : ofFittingSize(fields);
}

/** The same arguments: a server skips a longer line and cannot tell whose request it was. @throws ToolError `usage` */
export function ofFittingSize(fields: Record<string, unknown>): Record<string, unknown> {
  const exact = Buffer.byteLength(JSON.stringify(fields)) + 1024;
  if (exact > MAX_LINE_BYTES) throw usage(`a request may have at most ${MAX_LINE_BYTES} bytes; this one has ${exact}`, "Send less at once");
  return fields;
}
