import type { GbnfJsonSchema } from "node-llama-cpp";
import { isSchema, namesIn, objectOf, type Schema } from "../../../pipes/protocol/interfaces/arguments.ts";
import { allowsNull } from "./nulls.ts";

/**
 * A JSON Schema as node-llama-cpp makes a grammar of it. What a grammar cannot hold a model to (limits of numbers, patterns, formats) is said
 * in the description, and checked when the call has come. Every property is asked for, so one that is optional may be null.
 */
export function grammarOf(schema: Schema, depth = 0): GbnfJsonSchema {
  const described = describe(schema);
  if (depth > DEEPEST) return { ...ANYTHING, ...described };
  const inner = (member: unknown): GbnfJsonSchema => grammarOf(isSchema(member) ? member : {}, depth + 1);
  const { const: only, enum: values, type } = schema;
  if (isScalar(only)) return { const: only, ...described };
  if (Array.isArray(values) && values.some(isScalar)) return { enum: values.filter(isScalar), ...described };
  const members = [schema["anyOf"], schema["oneOf"]].find((list) => Array.isArray(list));
  if (Array.isArray(members) && members.length > 0) return { oneOf: members.map(inner), ...described };
  if (Array.isArray(type) && type.length > 0) return { oneOf: type.map((one: unknown) => inner({ ...schema, type: one, description: undefined })), ...described };
  switch (type) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "null":
      return { type, ...described };
    case "array":
      return { type, ...(isSchema(schema["items"]) ? { items: inner(schema["items"]) } : {}), ...countsOf(schema), ...described };
    case "object":
      return { ...objectGrammar(schema, inner), ...described };
    default:
      return isSchema(schema["properties"]) ? { ...objectGrammar(schema, inner), ...described } : { ...ANYTHING, ...described };
  }
}

const DEEPEST = 8;
/** A schema that says nothing, or refers to another place, takes any plain value. */
const ANYTHING = { type: ["string", "number", "boolean", "null"] } as const satisfies GbnfJsonSchema;

function objectGrammar(schema: Schema, inner: (member: unknown) => GbnfJsonSchema): GbnfJsonSchema {
  const properties = Object.entries(objectOf(schema["properties"]));
  const required = namesIn(schema["required"]);
  const others = schema["additionalProperties"];
  const open = isSchema(others) ? { additionalProperties: inner(others) } : others === true || properties.length === 0 ? { additionalProperties: true } : {};
  const members = properties.map(([name, property]) => [name, required.includes(name) || allowsNull(property) ? inner(property) : optional(inner(property))]);
  return { type: "object", properties: Object.fromEntries(members) as Record<string, GbnfJsonSchema>, ...open };
}

/** How many items an array has. */
function countsOf({ minItems, maxItems }: Schema): { minItems?: number; maxItems?: number } {
  const counts = Object.entries({ minItems, maxItems }).filter(([, count]) => Number.isInteger(count) && (count as number) >= 0 && (count as number) <= MOST_ITEMS);
  return Object.fromEntries(counts);
}

/** A grammar writes out each of them. */
const MOST_ITEMS = 2000;

function optional(schema: GbnfJsonSchema): GbnfJsonSchema {
  const { description, ...rest } = schema as { description?: string } & GbnfJsonSchema;
  return { oneOf: [rest, { type: "null" }], description: description === undefined ? LEFT_OUT : `${description} (${LEFT_OUT})` };
}

const LEFT_OUT = "optional: null leaves it out";

function describe(schema: Schema): { description?: string } {
  const { description, default: byDefault } = schema;
  const told = LIMITS.flatMap(([key, words]) => (schema[key] === undefined ? [] : [`${words} ${JSON.stringify(schema[key])}`]));
  const all = [...(typeof description === "string" && description !== "" ? [description] : []), ...told, ...(byDefault === undefined ? [] : [`default ${JSON.stringify(byDefault)}`])];
  return all.length === 0 ? {} : { description: all.join(", ") };
}

const LIMITS = [
  ["minimum", "at least"],
  ["exclusiveMinimum", "more than"],
  ["maximum", "at most"],
  ["exclusiveMaximum", "less than"],
  ["minLength", "shortest length"],
  ["maxLength", "greatest length"],
  ["minItems", "fewest items"],
  ["maxItems", "most items"],
  ["pattern", "pattern"],
  ["format", "format"],
] as const;

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
