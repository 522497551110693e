import { type TObject, Type } from "typebox";
import { isToolName, RESERVED_NAMES } from "../../pipes/protocol/names.ts";
import { builtIns, isBuiltIn } from "../../pipes/protocol/settings/index.ts";
import { DefaultSettings, KINDS, type Kind } from "../../pipes/protocol/spec.ts";
import { check, named, type Placed, wrongValue } from "./check.ts";
import type { Path } from "./fill.ts";
import { entrySchema, type EntryKind } from "./schemas.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { either, shown } from "./words.ts";

export type Entry = Readonly<Record<string, unknown>>;

/** Every mistake in one entry of `tools:`, its name included. What it runs decides which keys it may have. */
export function checkEntry(name: string, entry: unknown): Placed[] {
  return [...checkName(name), ...checkBody(["tools", name], entry)];
}

/** The schema of an entry that has exactly one of `server`, `module` and `command`. */
export function schemaOf(entry: Entry): TObject {
  const kind: EntryKind = isBuiltIn(entry["server"]) ? `server:${entry["server"]}` : Object.hasOwn(entry, "module") ? "module" : "command";
  const known = schemas.get(kind) ?? entrySchema(kind);
  schemas.set(kind, known);
  return known;
}
const schemas = new Map<EntryKind, TObject>();

function checkName(name: string): Placed[] {
  const path = ["tools", name];
  const reserved = Object.hasOwn(RESERVED_NAMES, name) ? RESERVED_NAMES[name] : undefined;
  if (reserved !== undefined) return [{ path, at: "key", message: `no tool may be called "${name}"; ${reserved}` }];
  if (isToolName(name)) return [];
  const expected = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit, not ending in -NUMBER, -data, -next or -up";
  return [{ path, at: "key", message: `${shown(name)} cannot be a tool's name`, expected, got: name }];
}

function checkBody(path: Path, entry: unknown): Placed[] {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    return [{ path, at: "value", message: wrongValue(path, entry), expected: `a map, such as {server: ${firstBuiltIn}}`, got: shown(entry) }];
  }
  const given = KINDS.filter((kind) => Object.hasOwn(entry, kind));
  if (given.length === 1) return checkKind(path, entry as Entry, given[0] as Kind);
  if (given.length > 1) {
    const message = `${named(path)} has both "${given.join('" and "')}"`;
    return [{ path: [...path, given.at(-1) ?? ""], at: "key", message, expected: `one of ${either(KINDS)}` }];
  }
  return checkWithoutKind(path, entry as Entry);
}

function checkKind(path: Path, entry: Entry, kind: Kind): Placed[] {
  const server = entry["server"];
  if (kind !== "server" || isBuiltIn(server)) return check(schemaOf(entry), entry, path, (key) => settingsHint(key, kind));
  const names = Object.keys(builtIns);
  const near = typeof server === "string" ? suggest(server, names) : null;
  const hint = near !== null ? `did you mean "${near}"?` : looksLikeFile(server) ? `a file of yours goes under "module:"` : undefined;
  const message = typeof server === "string" ? `there is no built-in server "${server}"` : wrongValue([...path, "server"], server);
  const unknown: Placed = { path: [...path, "server"], at: "value", message, expected: either(names), got: shown(server), hint };
  return [unknown, ...check(commonOnly(), entry, path)];
}

/** Nothing says what it runs: a mistyped `server`, `module` or `command` is taken as what was meant, and the rest checked with it. */
function checkWithoutKind(path: Path, entry: Entry): Placed[] {
  for (const key of Object.keys(entry)) {
    const kind = KINDS.find((each) => each === suggest(key, KINDS));
    if (kind === undefined) continue;
    const { [key]: value, ...rest } = entry;
    const typo: Placed = { path: [...path, key], at: "key", message: `unknown key "${key}" in ${named(path)}`, got: key, hint: `did you mean "${kind}"?` };
    return [typo, ...checkKind(path, { ...rest, [kind]: value }, kind)];
  }
  const expected = `server: NAME (${either(Object.keys(builtIns))}), module: FILE or command: [PROGRAM, …]`;
  const missing: Placed = { path, at: "key", message: `${named(path)} does not say what it runs`, expected };
  return [missing, ...check(commonOnly(), entry, path)];
}

function settingsHint(key: string, kind: Kind): string | undefined {
  if (kind === "server") return key === "settings" ? 'the settings of a built-in server stand beside "server:", without "settings:"' : undefined;
  return Object.values(builtIns).some((schema) => Object.hasOwn(schema.properties, key)) ? `settings of a ${kind} go under "settings:"` : undefined;
}

function looksLikeFile(server: unknown): boolean {
  return typeof server === "string" && /[/.]/.test(server);
}

/** What can be said of an entry while it is not known what it runs: the keys that all have. */
function commonOnly(): TObject {
  common ??= Type.Object(DefaultSettings.properties);
  return common;
}
let common: TObject | undefined;
const firstBuiltIn = Object.keys(builtIns)[0] ?? "";
