import { type TObject, type TSchema, Type } from "typebox";
import { NAME_PATTERN } from "../../pipes/protocol/names.ts";
import { builtIns } from "../../pipes/protocol/settings/index.ts";
import { CommandEntry, fileKeys, ModuleEntry, serverEntry } from "../../pipes/protocol/spec.ts";

/** A JSON Schema as ajv and editors see it. */
export type Schema = TSchema & {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly unit?: "duration" | "size" | undefined;
  readonly least?: number | undefined;
  readonly expects?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly patternProperties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly minItems?: number | undefined;
};

/** Every shape an entry may have: `server:NAME` for each built-in, `module`, `command`. */
export type EntryKind = `server:${keyof typeof builtIns}` | "module" | "command";

export const fileSchema: TObject = Type.Object({ ...fileKeys, tools: Type.Unknown() }, { additionalProperties: false });

export function entrySchema(kind: EntryKind): TObject {
  if (kind === "module") return ModuleEntry;
  if (kind === "command") return CommandEntry;
  const name = kind.slice("server:".length) as keyof typeof builtIns;
  return serverEntry(name, builtIns[name]);
}

/**
 * The schema that editors complete and check tools.yaml by. The same as what is checked here, but that every value may
 * also be, or hold, a `${VARIABLE}`, and a section may be left empty.
 */
export function editorSchema(): Record<string, unknown> {
  const kinds: EntryKind[] = [...Object.keys(builtIns).map((name) => `server:${name as keyof typeof builtIns}` as const), "module", "command"];
  const plain = (schema: TSchema): Schema => JSON.parse(JSON.stringify(schema)) as Schema;
  const file = plain(Type.Object(fileKeys));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "tools.yaml of pipe-tools",
    description: "What the pipe-tools daemon keeps running.",
    type: "object",
    properties: {
      ...mapValues(file.properties ?? {}, forEditor),
      tools: {
        type: ["object", "null"],
        description: "The tools, by name. Each says what it runs with exactly one of server, module and command.",
        propertyNames: { pattern: NAME_PATTERN, not: { const: "supervisor" } },
        additionalProperties: { type: "object", anyOf: kinds.map((kind) => forEditor(plain(entrySchema(kind)))) },
      },
    },
    required: ["tools"],
    additionalProperties: false,
  };
}

const VARIABLE = { type: "string", pattern: "\\$\\{" };

function forEditor(schema: Schema): Record<string, unknown> {
  const { unit: _unit, least: _least, expects: _expects, ...rest } = schema;
  const { description, default: byDefault, ...bare } = rest;
  const notes = { ...(description === undefined ? {} : { description }), ...(byDefault === undefined ? {} : { default: byDefault }) };
  if (schema.const !== undefined && schema.type === "string" && description !== undefined) return rest;
  if (schema.anyOf !== undefined) return { ...notes, anyOf: [...schema.anyOf.map(forEditorBranch), VARIABLE] };
  if (schema.type === "object" || schema.properties !== undefined) return { ...rest, ...inside(schema) };
  if (schema.items !== undefined) return { ...rest, items: forEditor(schema.items) };
  if (schema.type === undefined && schema.enum === undefined) return rest;
  if (schema.type === "string" && schema.pattern === undefined) return rest;
  if (Array.isArray(schema.type) && schema.type.includes("string") && schema.pattern === undefined) return rest;
  return { ...notes, anyOf: [bare, VARIABLE] };
}

function forEditorBranch(schema: Schema): Record<string, unknown> {
  const { default: _default, ...rest } = schema;
  return schema.type === "object" ? { ...rest, ...inside(schema) } : rest;
}

function inside(schema: Schema): Record<string, unknown> {
  return {
    type: schema.required === undefined || schema.required.length === 0 ? ["object", "null"] : "object",
    ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, forEditor) }),
    ...(schema.patternProperties === undefined ? {} : { patternProperties: mapValues(schema.patternProperties, forEditor) }),
  };
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
