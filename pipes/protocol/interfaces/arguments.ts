import type { CommandShape, FieldShape } from "./shape.ts";
import { typeWord, unionMembers } from "./words.ts";

/** A JSON Schema, as far as it is read here. Foreign ones may say anything. */
export type Schema = Readonly<Record<string, unknown>>;
export type ObjectSchema = Schema & { readonly properties: Readonly<Record<string, Schema>>; readonly required: readonly string[] };

/** The arguments of a command as a JSON Schema: its own, where the tool tells one, else one made of the words of its `args`. */
export function argumentsOf({ schema, args }: Pick<CommandShape, "schema" | "args">): ObjectSchema {
  const told = isSchema(schema) && isSchema(schema["properties"]) ? schema : null;
  const { $id: _, $schema: __, ...own } = told ?? fromWords(args);
  return { ...own, type: "object", properties: objectOf(own["properties"]), required: namesIn(own["required"]) };
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): Readonly<Record<string, Schema>> {
  return isSchema(value) ? (value as Readonly<Record<string, Schema>>) : {};
}

export function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function fromWords(args: readonly FieldShape[]): Schema {
  const properties = args.map(({ name, type, description }) => [name, { ...wordSchema(type), ...(description === "" ? {} : { description }) }]);
  return { properties: Object.fromEntries(properties), required: args.filter(({ required }) => required).map(({ name }) => name) };
}

/** `string`, `integer[]`, `"a" | "b"`, …; a word that we do not know allows anything. */
function wordSchema(type: string): Schema {
  const members = unionMembers(type);
  if (members.length > 1) return { anyOf: members.map(wordSchema) };
  const word = typeWord(type);
  if (word.endsWith("[]")) return { type: "array", items: wordSchema(word.slice(0, -2)) };
  if (["string", "integer", "number", "boolean", "object", "null"].includes(word)) return { type: word };
  return literalOf(word);
}

function literalOf(word: string): Schema {
  try {
    return { const: JSON.parse(word) as unknown };
  } catch {
    return {}; // a type of the tool's own
  }
}
