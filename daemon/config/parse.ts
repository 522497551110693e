import { dirname, resolve } from "node:path";
import { DEFAULT_PIPES } from "../../pipes/protocol/names.ts";
import type { Environment } from "../../pipes/protocol/places.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { fileKeys } from "../../pipes/protocol/spec.ts";
import { check, type Placed, wrongValue } from "./check.ts";
import { complete } from "./complete.ts";
import { MAX_PROBLEMS, readDocument } from "./document.ts";
import { checkEntry, type Entry, schemaOf } from "./entries.ts";
import type { Path } from "./fill.ts";
import type { Problem } from "./problem.ts";
import { checkOrder } from "./references.ts";
import { fileSchema } from "./schemas.ts";
import { logPolicy, type LogPolicy, memoryBudget, specOf } from "./spec.ts";
import { Filled, tidy } from "./tidy.ts";
import { shown } from "./words.ts";

/** A valid tools.yaml, ready to be acted on. */
export interface Config {
  /** The file it was read from; its folder is what relative paths in it are relative to. */
  readonly path: string;
  /** The folder of the FIFOs, absolute. */
  readonly pipes: string;
  readonly logs: LogPolicy;
  /** How long workers live without a daemon, in ms; null is for ever. */
  readonly orphanAfterMs: number | null;
  /** What all tools together may use, in bytes; null without a limit. */
  readonly memoryBudget: number | null;
  /** In the order of the file. */
  readonly tools: ReadonlyMap<string, ToolSpec>;
}
export type Parsed = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The text of a tools.yaml as a config, or everything that is wrong with it, in the order of the file. Relative paths in it are relative to
 * `folder`. Does no I/O and never throws.
 */
export function parseConfig(path: string, text: string, env: Environment, folder: string = dirname(path)): Parsed {
  const source = readDocument(path, text, env, isVerbatim);
  const root = source.value === undefined ? undefined : tidyFile(source.value);
  const found = root === undefined ? [] : checkFile(root).slice(0, MAX_PROBLEMS).map((placed) => source.problemAt(placed.path, placed.at, placed));
  const problems = [...source.problems, ...found.filter((each) => !source.problems.some((other) => covers(each, other)))].sort((a, b) => a.line - b.line || a.col - b.col).slice(0, MAX_PROBLEMS);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: toConfig(path, root as Entry, env, folder) };
}

/** Environment variables and arguments are texts, however they look. */
function isVerbatim(path: Path): boolean {
  const [section, second, third] = path;
  if (section === "defaults") return second === "env";
  return section === "tools" && (third === "env" || third === "command");
}

function checkFile(root: unknown): Placed[] {
  if (root === null) return [{ path: [], at: "value", message: "this file is empty", expected: 'at least "tools:"' }];
  const problems = check(fileSchema, root, []);
  if (!isMap(root) || !Object.hasOwn(root, "tools")) return problems;
  const tools = root["tools"] ?? {};
  if (!isMap(tools)) return [...problems, { path: ["tools"], at: "value", message: wrongValue(["tools"], tools), expected: "a map from names to tools", got: shown(tools) }];
  return [...problems, ...Object.entries(tools).flatMap(([name, entry]) => checkEntry(name, entry)), ...checkOrder(tools)];
}

function toConfig(path: string, root: Entry, env: Environment, folder: string): Config {
  const defaults = (root["defaults"] ?? {}) as Entry;
  const tools = Object.entries((root["tools"] ?? {}) as Entry).map(([name, entry]) => [name, specOf(name, entry as Entry, defaults, folder)] as const);
  const pipes = typeof root["pipes"] === "string" ? root["pipes"] : DEFAULT_PIPES;
  return { path, pipes: resolve(env["PIPE_TOOLS_PIPES"] || resolve(folder, pipes)), logs: logPolicy(root["logs"]), memoryBudget: memoryBudget(root["memory"]), orphanAfterMs: complete(fileKeys.orphanAfter, root["orphanAfter"]) as number | null, tools: new Map(tools) };
}

/** What an entry is to be decides by which schema it is tidied. */
function tidyFile(value: unknown): unknown {
  if (!isMap(value)) return tidy(undefined, value);
  const { tools, ...rest } = value;
  const entries = isMap(tools) ? Object.fromEntries(Object.entries(tools).map(([name, entry]) => [name, tidyEntry(entry)])) : tidy(undefined, tools);
  return { ...(tidy(fileSchema, rest) as Entry), ...(Object.hasOwn(value, "tools") ? { tools: entries } : {}) };
}

function tidyEntry(entry: unknown): unknown {
  return isMap(entry) ? tidy(schemaOf({ ...entry, server: tidy(undefined, entry["server"]) }), entry) : tidy(undefined, entry);
}

/** A value that could not be read as meant (a variable that is not set) is not complained about again. */
function covers(problem: Problem, other: Problem): boolean {
  return problem.line === other.line && problem.col <= other.col && other.col < problem.col + (problem.excerpt?.width ?? 1);
}

function isMap(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Filled);
}
