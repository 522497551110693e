import { retype } from "./interpolate.ts";
import type { Schema } from "./schemas.ts";

/** A scalar whose variables were filled in. Whether it is a text, a number or a boolean is for the schema to say. */
export class Filled {
  readonly text: string;
  /** Written without quotes. */
  readonly plain: boolean;

  constructor(text: string, plain: boolean) {
    this.text = text;
    this.plain = plain;
  }
}

/**
 * A value as it can be checked: filled-in scalars are what its schema wants there, and sections left empty (`restart:`
 * with all its lines commented out) are as if they were not there. Only where the schema wants a map: an empty value
 * elsewhere is a mistake.
 */
export function tidy(schema: Schema | undefined, value: unknown): unknown {
  if (value instanceof Filled) return settle(schema, value);
  if (Array.isArray(value)) return value.map((item) => tidy(schema?.items, item));
  if (typeof value !== "object" || value === null) return value;
  const { properties = {}, patternProperties = {} } = schema === undefined ? {} : mapIn(schema);
  const [any] = Object.values(patternProperties);
  const entries = Object.entries(value).map(([key, member]: [string, unknown]) => [key, Object.hasOwn(properties, key) ? properties[key] : any, member] as const);
  const kept = entries.filter(([, property, member]) => member !== null || property === undefined || mapIn(property).type !== "object");
  return Object.fromEntries(kept.map(([key, property, member]) => [key, tidy(property, member)]));
}

function settle(schema: Schema | undefined, { text, plain }: Filled): string | number | boolean {
  const branches = schema === undefined ? [] : (schema.anyOf ?? [schema]);
  if (branches.some((branch) => isFreeText(branch) || branch.const === text || (branch.enum ?? []).includes(text))) return text;
  const typed = branches.some(({ type, const: only, enum: choices }) => type !== undefined || only !== undefined || choices !== undefined);
  return typed || plain ? retype(text) : text;
}

function isFreeText({ type, const: only, enum: choices }: Schema): boolean {
  if (only !== undefined || choices !== undefined) return false;
  return type === "string" || (Array.isArray(type) && type.includes("string"));
}

function mapIn(schema: Schema): Schema {
  return schema.anyOf?.find((branch) => branch.type === "object") ?? schema;
}
