import { entrySchema, fileSchema, type Schema } from "../../daemon/config/schemas.ts";
import { appliesOf, builtIns } from "../../pipes/protocol/settings/index.ts";
import { type Applies, APPLIES } from "../../pipes/protocol/applies.ts";
import { DefaultSettings, KINDS, type ToolSpec } from "../../pipes/protocol/spec.ts";
import { cell, table } from "./markdown.ts";

/** The keys of tools.yaml as Markdown: of the file, of every tool, of each kind of tool. */
export function configKeys(): string {
  const shared = new Set([...Object.keys(DefaultSettings.properties), "description", "cwd", "needs", "after"]);
  const common = Object.fromEntries(Object.entries(entrySchema("command").properties as Record<string, Schema>).filter(([key]) => shared.has(key)));
  const own = (schema: Schema): Record<string, Schema> => Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([key]) => !shared.has(key)));
  return [
    "### The file",
    "",
    ...keyTable(fileSchema.properties, new Set(["defaults"])),
    "",
    "`tools:` maps a name to an entry with exactly one of " + KINDS.map((kind) => `\`${kind}\``).join(", ") + ". `defaults:` takes what every tool may say, `description`, `needs`, `after` and `cwd` excepted.",
    "",
    "The last column says how a changed value reaches a tool that runs; see [below](#how-a-change-reaches-a-running-tool).",
    "",
    "### Every tool",
    "",
    ...keyTable(common, new Set(), byField),
    "",
    "### A program of your own",
    "",
    ...keyTable({ ...own(entrySchema("module")), ...own(entrySchema("command")) }, new Set(), ofPrograms),
    ...Object.keys(builtIns).flatMap((name) => ["", `### \`server: ${name}\``, "", ...serverTable(name, own(entrySchema(`server:${name as keyof typeof builtIns}`)))]),
    "",
    "### How a change reaches a running tool",
    "",
    ...table(["How", "When the file is saved"], [
      ["live", "taken over at once; the process stays"],
      ["recreate", "a new process is started beside the old one, where there is room for both, takes its place when it is ready, and is given up when it fails; else as `drain`"],
      ["drain", "what is being answered ends by the old value, then the process ends and another one is started; when that fails, the old value comes back"],
      ["offered", "the running process is asked to take it over; when it refuses, or does not know how, as `recreate`"],
    ]),
    "",
    "Of a `command`, which may be any program, two processes never run side by side: what says `recreate` is `drain` there.",
  ].join("\n");
}

type Tell = (key: string) => string;

/** From the tables that the daemon decides by. */
const byField: Tell = (key) => (isField(key) ? APPLIES[key] : "");
const ofPrograms: Tell = (key) => (key === "settings" ? "offered" : byField(key));

function isField(key: string): key is keyof ToolSpec {
  return Object.hasOwn(APPLIES, key);
}

function serverTable(server: string, properties: Record<string, Schema>): string[] {
  const rest = Object.fromEntries(Object.entries(properties).filter(([key]) => key !== "server"));
  return Object.keys(rest).length === 0 ? ["It has no settings."] : keyTable(rest, new Set(), (key): Applies => appliesOf(server, key));
}

function keyTable(properties: Record<string, Schema>, flat: ReadonlySet<string> = new Set(), tell: Tell | null = null): string[] {
  const rows = Object.entries(properties)
    .filter(([key]) => key !== "tools")
    .flatMap(([key, schema]) => rowsOf(key, schema, flat).map((row) => (tell === null ? row : [...row, tell(key)])));
  return table(["Key", "Value", "Default", "Meaning", ...(tell === null ? [] : ["A change"])], rows);
}

/** A map's own row, then one a key inside of it. */
function rowsOf(key: string, schema: Schema, flat: ReadonlySet<string>): string[][] {
  const map = [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined);
  const inner = flat.has(key) ? [] : Object.entries(map?.properties ?? {}).flatMap(([name, inside]) => rowsOf(`${key}.${name}`, inside, flat));
  const byDefault = schema.default === undefined || schema.default === "" ? "" : `\`${shown(schema.default)}\``;
  return [[`\`${key}\``, cell(valueOf(schema)), byDefault, cell(schema.description ?? "")], ...inner];
}

function valueOf(schema: Schema): string {
  if (schema.unit !== undefined) return `a ${schema.unit}`;
  if (schema.const !== undefined) return `\`${shown(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${shown(value)}\``).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(valueOf).join(", or ");
  if (schema.type === "object") return "a map";
  if (schema.type === "array") return `a list${schema.items === undefined ? "" : `, each ${valueOf(schema.items)}`}`;
  if (Array.isArray(schema.type)) return schema.type.join(", ");
  const range = [schema.minimum === undefined ? "" : `from ${schema.minimum}`, schema.maximum === undefined ? "" : `to ${schema.maximum}`].filter(Boolean).join(" ");
  return [schema.type ?? "anything", range].filter(Boolean).join(" ");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
