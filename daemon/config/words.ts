import { DURATION_EXAMPLES, SIZE_EXAMPLES } from "../../pipes/protocol/units.ts";
import type { Schema } from "./schemas.ts";

/** What a schema takes, in words: `a whole number from 1 to 64`, `always, on-failure or never`. */
export function inWords(schema: Schema): string {
  if (schema.expects !== undefined && schema.type !== "object") return schema.expects;
  if (schema.unit === "duration") return DURATION_EXAMPLES;
  if (schema.unit === "size") return SIZE_EXAMPLES;
  if (schema.anyOf !== undefined) return either(schema.anyOf.map(inWords));
  if (schema.enum !== undefined) return either(schema.enum.map(bare));
  if (schema.const !== undefined) return bare(schema.const);
  if (schema.type === "array") return schema.minItems === undefined ? "a list" : "a list, such as [first, second]";
  if (schema.type === "integer") return `a whole number${range(schema)}`;
  if (schema.type === "number") return `a number${range(schema)}`;
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "object") return "a map";
  return schema.pattern === undefined ? "text" : `text like ${schema.pattern}`;
}

/** `a, b or c` */
export function either(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function bare(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${maximum === undefined ? "" : ` and up to ${maximum}`}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, ${minimum} or more`;
  return maximum === undefined ? "" : `, ${maximum} or less`;
}
