import { entrySchema, fileSchema, type Schema } from "../../daemon/config/schemas.ts";
import { builtIns } from "../../pipes/protocol/settings/index.ts";
import { APPLIES, DefaultSettings, KINDS, type ToolSpec } from "../../pipes/protocol/spec.ts";
import { cell, table } from "./markdown.ts";

/** The keys of tools.yaml as Markdown: of the file, of every tool, of each kind of tool. */
export function configKeys(): string {
  const shared = new Set([...Object.keys(DefaultSettings.properties), "description", "cwd"]);
  const common = Object.fromEntries(Object.entries(entrySchema("command").properties as Record<string, Schema>).filter(([key]) => shared.has(key)));
  const own = (schema: Schema): Record<string, Schema> => Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([key]) => !shared.has(key)));
  return [
    "### The file",
    "",
    ...keyTable(fileSchema.properties, new Set(["defaults"])),
    "",
    "`tools:` maps a name to an entry with exactly one of " + KINDS.map((kind) => `\`${kind}\``).join(", ") + ". `defaults:` takes what every tool may say, `description` and `cwd` excepted.",
    "",
    "### Every tool",
    "",
    ...keyTable(common),
    "",
    "### A program of your own",
    "",
    ...keyTable({ ...own(entrySchema("module")), ...own(entrySchema("command")) }),
    ...Object.keys(builtIns).flatMap((name) => ["", `### \`server: ${name}\``, "", ...serverTable(own(entrySchema(`server:${name as keyof typeof builtIns}`)))]),
    "",
    "### How a change reaches a running tool",
    "",
    ...table(["Key", "When the file is saved"], [
      [keysThat("restart"), "the tool is stopped in order and started with the new value"],
      [keysThat("live"), "taken over at once; the process stays"],
    ]),
  ].join("\n");
}

/** From the table that the daemon decides by. A tool's name and kind have no key of their own. */
function keysThat(how: (typeof APPLIES)[keyof ToolSpec]): string {
  return Object.entries(APPLIES)
    .filter(([field, applies]) => applies === how && field !== "name" && field !== "kind")
    .map(([field]) => `\`${field}\``)
    .join(", ");
}

function serverTable(properties: Record<string, Schema>): string[] {
  const rest = Object.fromEntries(Object.entries(properties).filter(([key]) => key !== "server"));
  return Object.keys(rest).length === 0 ? ["It has no settings."] : keyTable(rest);
}

function keyTable(properties: Record<string, Schema>, flat: ReadonlySet<string> = new Set()): string[] {
  const rows = Object.entries(properties).filter(([key]) => key !== "tools").flatMap(([key, schema]) => rowsOf(key, schema, flat));
  return table(["Key", "Value", "Default", "Meaning"], rows);
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
