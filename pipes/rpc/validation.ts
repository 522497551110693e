import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { TObject, TSchema } from "typebox";
import { ToolError } from "../protocol/errors.ts";
import { typeName } from "../protocol/interfaces/define.ts";

let ajv: Ajv | null = null;
const compiled = new WeakMap<TObject, ValidateFunction>();

/**
 * Checks a request's arguments against their declaration. Schemas are compiled when they are first needed.
 * @throws ToolError `invalid-request` with the JSON path, what was expected and what came
 */
export function validate(schema: TObject, args: unknown, strict: boolean): void {
  let check = compiled.get(schema);
  if (check === undefined) {
    // Our own declarations need no check against the meta-schema, whose compilation is most of the time a first request would take.
    ajv ??= new Ajv({ strict: false, verbose: true, meta: false, validateSchema: false });
    compiled.set(schema, (check = ajv.compile(schema)));
  }
  if (!check(args)) throw mismatchOf(check.errors ?? []);
  if (strict) refuseUnknown(schema, args as Record<string, unknown>);
}

/** The last error is the outermost: for a union it speaks of the union, not of one of its members. */
export function mismatchOf(errors: ErrorObject[]): ToolError {
  const error = errors.at(-1);
  if (error === undefined) return new ToolError("invalid-request", { expected: "a valid request", got: "an invalid one" });
  const path = pathOf(error.instancePath);
  if (error.keyword === "required") {
    const name = (error.params as { missingProperty: string }).missingProperty;
    const schema = (error.parentSchema?.["properties"] as Record<string, TSchema> | undefined)?.[name];
    return new ToolError("invalid-request", { path: `${path}.${name}`, expected: schema === undefined ? "a value" : typeName(schema), got: "nothing" });
  }
  const byType = ["type", "anyOf", "const", "enum"].includes(error.keyword);
  const expected = byType && error.parentSchema !== undefined ? typeName(error.parentSchema) : (error.message ?? error.keyword).replace(/^must (be|have|NOT have)? ?/, "");
  return new ToolError("invalid-request", { path, expected, got: described(error.data) });
}

/** A misspelt argument would otherwise be ignored in silence. */
function refuseUnknown(schema: TObject, args: Record<string, unknown>): void {
  for (const key of Object.keys(args)) {
    if (Object.hasOwn(schema.properties, key)) continue;
    const known = Object.keys(schema.properties);
    throw new ToolError("invalid-request", { path: `$.${key}`, expected: known.length === 0 ? "no arguments" : `one of ${known.join(", ")}`, got: "an unknown argument" });
  }
}

/** `/messages/0/role` as `$.messages[0].role`. */
function pathOf(pointer: string): string {
  const parts = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return `$${parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join("")}`;
}

/** A value in a few words, short enough for an error message. */
export function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return `${typeof value} ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
}
