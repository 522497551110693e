import { isSchema, namesIn, objectOf, type Schema } from "../../../pipes/protocol/interfaces/arguments.ts";

/** Keywords that tell of a schema, and ask for nothing. */
const TELLING: ReadonlySet<string> = new Set(["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$id", "$schema", "$defs", "definitions", "$anchor"]);

/** Whether a schema asks for nothing but what these keywords do. */
export function isPlain(schema: Schema, keywords: readonly string[]): boolean {
  return Object.keys(schema).every((key) => TELLING.has(key) || keywords.includes(key));
}

/** The alternatives of a schema, each with what stands beside them; `exact` when whatever fits one of them fits the schema. */
export function choicesOf(schema: Schema): { readonly members: Schema[] | null; readonly exact: boolean } {
  const { anyOf, oneOf, ...rest } = schema;
  const [list, other] = Array.isArray(anyOf) ? [anyOf, oneOf] : [oneOf, undefined];
  if (!Array.isArray(list)) return { members: null, exact: true };
  const told = isPlain(rest, []);
  const members = list.filter(isSchema).map((member) => (told ? member : merged(rest, [member])));
  return { members, exact: told && other === undefined && (list === anyOf || areApart(members)) };
}

/** Of `oneOf` just one may fit. */
function areApart(members: readonly Schema[]): boolean {
  const kinds = members.map(({ type, const: only }) => (only === undefined ? type : JSON.stringify(only)));
  return kinds.every((kind) => typeof kind === "string") && new Set(kinds.map((kind) => (kind === "integer" ? "number" : kind))).size === kinds.length && new Set(members.map((member) => "const" in member)).size === 1;
}

/** A schema with all that its parts ask for, where they speak of properties; where they contradict each other the last holds. */
export function merged(schema: Schema, parts: readonly unknown[]): Schema {
  return parts.filter(isSchema).reduce<Schema>((whole, part) => {
    const properties = { ...objectOf(whole["properties"]), ...objectOf(part["properties"]) };
    const required = [...new Set([...namesIn(whole["required"]), ...namesIn(part["required"])])];
    return { ...whole, ...part, ...(Object.keys(properties).length === 0 ? {} : { properties }), ...(required.length === 0 ? {} : { required }) };
  }, schema);
}

/** The type that a schema speaks of without naming it. */
export function implied(schema: Schema): string | undefined {
  return BY_KEYWORD.find(([, keywords]) => keywords.some((keyword) => keyword in schema))?.[0];
}

const BY_KEYWORD = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems"]],
  ["string", ["pattern", "format", "minLength", "maxLength"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
] as const;
