import { type TSchema, Type } from "typebox";
import { NAME_PATTERN, RESERVED_NAMES } from "../../pipes/protocol/names.ts";
import { builtIns } from "../../pipes/protocol/settings/index.ts";
import { type Applies, APPLIES } from "../../pipes/protocol/applies.ts";
import { DefaultSettings, fileKeys } from "../../pipes/protocol/spec.ts";
import { type EntryKind, entrySchema, type Schema } from "./schemas.ts";

type Json = Record<string, unknown>;

/**
 * The JSON Schema (draft 7) that editors complete and check tools.yaml by. The same as what is checked here, but that
 * every value may also be, or hold, a `${VARIABLE}`, and a section may be left empty.
 */
export function editorSchema(): Json {
  const kinds: EntryKind[] = [...Object.keys(builtIns).map((name) => `server:${name as keyof typeof builtIns}` as const), "module", "command"];
  const shared = plain(DefaultSettings).properties ?? {};
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "tools.yaml of pipe-tools",
    description: "What the pipe-tools daemon keeps running.",
    type: "object",
    properties: {
      ...mapValues(plain(Type.Object(fileKeys)).properties ?? {}, (schema, key) => (key === "defaults" ? withShared(schema, shared) : forEditor(schema))),
      tools: {
        type: ["object", "null"],
        description: "The tools, by name. Each says what it runs with exactly one of server, module and command.",
        propertyNames: { pattern: NAME_PATTERN, not: { enum: Object.keys(RESERVED_NAMES) } },
        additionalProperties: { type: "object", anyOf: kinds.map((kind) => withShared(withChanges(plain(entrySchema(kind)), kind), shared)) },
      },
    },
    required: ["tools"],
    additionalProperties: false,
    definitions: { variable: { type: "string", pattern: "\\$\\{" }, ...mapValues(withChanges({ properties: shared }, "command").properties ?? {}, forEditor) },
  };
}

/** TypeBox's marks are not enumerable; what is left is JSON Schema. */
function plain(schema: TSchema): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}

/** An entry whose keys say what a change of them does. */
function withChanges(schema: Schema, kind: EntryKind): Schema {
  const told = (property: Schema, key: string): Schema => {
    const field = Object.hasOwn(APPLIES, key) ? APPLIES[key as keyof typeof APPLIES] : (property.applies ?? "recreate");
    const change = key === "settings" ? "A change is offered to the running process; when it refuses, another one is started." : IN_WORDS[kind === "command" && field === "recreate" ? "drain" : field];
    return { ...property, description: `${(property.description ?? "").replace(/\.?$/, ".")} ${change}` };
  };
  return { ...schema, properties: mapValues(schema.properties ?? {}, told) };
}

const IN_WORDS: Readonly<Record<Applies, string>> = {
  live: "A change is taken over while the tool runs.",
  drain: "A change starts another process, once what is being answered has ended.",
  recreate: "A change starts another process, which takes over when it is ready.",
};

/** A map in which those keys that all tools have are references, so that the schema does not say them once a tool. */
function withShared(schema: Schema, shared: Readonly<Record<string, Schema>>): Json {
  const properties = mapValues(schema.properties ?? {}, (property, key) =>
    Object.hasOwn(shared, key) ? { $ref: `#/definitions/${key}` } : forEditor(property),
  );
  return { ...withoutMarks(schema), type: mapType(schema), properties };
}

function forEditor(schema: Schema): Json {
  const { description, default: byDefault, ...rest } = withoutMarks(schema);
  const notes = { ...(description === undefined ? {} : { description }), ...(byDefault === undefined ? {} : { default: byDefault }) };
  if (schema.anyOf !== undefined) return { ...notes, anyOf: [...schema.anyOf.map(branchForEditor), VARIABLE] };
  return takesVariables(schema) ? { ...notes, ...inside(schema, rest) } : { ...notes, anyOf: [rest, VARIABLE] };
}

const VARIABLE = { $ref: "#/definitions/variable" };

/** Maps and lists hold values that do; free text and what may be anything does; the name of a server is never a variable. */
function takesVariables({ type, pattern, enum: choices, const: only }: Schema): boolean {
  if (only !== undefined) return true;
  if (type === undefined) return choices === undefined;
  const types = typeof type === "string" ? [type] : type;
  return types.includes("object") || types.includes("array") || (types.includes("string") && pattern === undefined);
}

function branchForEditor(schema: Schema): Json {
  const { description: _description, default: _default, ...rest } = withoutMarks(schema);
  return inside(schema, rest);
}

function inside(schema: Schema, rest: Json): Json {
  return {
    ...rest,
    ...(schema.type === "object" ? { type: mapType(schema) } : {}),
    ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, forEditor) }),
    ...(schema.patternProperties === undefined ? {} : { patternProperties: mapValues(schema.patternProperties, forEditor) }),
    ...(schema.items === undefined ? {} : { items: forEditor(schema.items) }),
  };
}

/** A map all of whose keys may be missing may be left empty. */
function mapType(schema: Schema): string | string[] {
  return (schema.required ?? []).length === 0 ? ["object", "null"] : "object";
}

/** What only our own checks and messages know. */
function withoutMarks({ unit: _unit, least: _least, expects: _expects, applies: _applies, file: _file, ...rest }: Schema): Json {
  return rest;
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
