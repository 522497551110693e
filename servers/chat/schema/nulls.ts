import { isSchema, namesIn, objectOf, type Schema } from "../../../pipes/protocol/interfaces/arguments.ts";

/**
 * The arguments without each null that stands for "left out": a grammar asks a model for every argument, and lets it say null for those that
 * are optional. A null that the schema itself allows stays.
 */
export function withoutNulls(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNulls(objectOf(schema["items"]), item));
  if (!isSchema(value)) return value;
  const properties = objectOf(schema["properties"]);
  const required = namesIn(schema["required"]);
  const kept = Object.entries(value).filter(([name, held]) => held !== null || required.includes(name) || !isSchema(properties[name]) || allowsNull(properties[name]));
  return Object.fromEntries(kept.map(([name, held]) => [name, withoutNulls(objectOf(properties[name]), held)]));
}

export function allowsNull(schema: Schema): boolean {
  const { type, anyOf, oneOf, const: only, enum: values } = schema;
  if (only === null || (Array.isArray(values) && values.includes(null))) return true;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return true;
  return [anyOf, oneOf].some((members) => Array.isArray(members) && members.some((member) => isSchema(member) && allowsNull(member)));
}
