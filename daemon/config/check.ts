import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { MAX_DURATION_MS, parseDuration, parseSize } from "../../pipes/protocol/units.ts";
import type { Path } from "./fill.ts";
import type { Finding } from "./problem.ts";
import type { Schema } from "./schemas.ts";
import { suggest } from "./suggest.ts";
import { either, inWords, shown } from "./words.ts";

/** A finding and its place in the document. */
export interface Placed extends Finding {
  readonly path: Path;
  readonly at: "key" | "value";
}
/** A sentence on a key that does not belong where it stands, when more is known than its name. */
export type KeyHint = (key: string, path: Path) => string | undefined;

/** Every mistake of `value` by `schema`, one finding each. `path` is where the value stands in the document. */
export function check(schema: Schema, value: unknown, path: Path, keyHint: KeyHint = () => undefined): Placed[] {
  const validate = compiled(schema);
  if (validate(value)) return [];
  const errors = essential(validate.errors ?? []);
  const seen = new Set<string>();
  return errors.flatMap((error) => {
    const finding = explain(error, path, keyHint);
    const id = JSON.stringify(finding.path);
    return seen.has(id) ? [] : (seen.add(id), [finding]);
  });
}

const validators = new WeakMap<Schema, ValidateFunction>();
let ajv: Ajv | undefined;

function compiled(schema: Schema): ValidateFunction {
  ajv ??= newAjv();
  const known = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, known);
  return known;
}

function newAjv(): Ajv {
  const made = new Ajv({ allErrors: true, verbose: true, strict: false, validateSchema: false, addUsedSchema: false });
  made.addKeyword({ keyword: "unit", type: ["string", "number"], errors: false, validate: withinUnit });
  return made;
}

function withinUnit(unit: "duration" | "size", value: unknown, parent?: unknown): boolean {
  const parsed = unit === "duration" ? parseDuration(value) : parseSize(value);
  return parsed !== null && parsed >= ((parent as Schema).least ?? 0);
}

/**
 * A union reports the errors of each of its branches. Where the value is a map or a list and a branch takes one, that
 * branch's errors are kept; else the one error that none fits.
 */
function essential(errors: readonly ErrorObject[]): ErrorObject[] {
  let kept = [...errors];
  for (const union of errors.filter(({ keyword }) => keyword === "anyOf")) {
    const branches = union.schema as readonly Schema[];
    const index = branches.findIndex((branch) => (branch.type === "object" || branch.type === "array") && takes(branch, union.data));
    const inBranch = (error: ErrorObject): boolean => error.schemaPath.startsWith(`${union.schemaPath}/`) && within(error, union);
    kept = kept.filter((error) => {
      if (error === union) return index === -1;
      return !inBranch(error) || (index !== -1 && error.schemaPath.startsWith(`${union.schemaPath}/${index}/`));
    });
  }
  return kept;
}

function within(error: ErrorObject, union: ErrorObject): boolean {
  return error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
}

function takes(schema: Schema, value: unknown): boolean {
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  if (schema.enum !== undefined) return schema.enum.some((each) => typeof each === kind);
  if (schema.const !== undefined) return typeof schema.const === kind;
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return types.some((type) => type === kind || (type === "integer" && kind === "number"));
}

function explain(error: ErrorObject, base: Path, keyHint: KeyHint): Placed {
  const path = [...base, ...steps(error.instancePath)];
  const schema = error.parentSchema as Schema;
  if (error.keyword === "additionalProperties") return unknownKey(String(error.params["additionalProperty"]), path, schema, keyHint);
  if (error.keyword === "required") {
    const key = String(error.params["missingProperty"]);
    const missing = schema.properties?.[key];
    return { path, at: "key", message: `${named(path)} lacks the key "${key}"`, expected: missing === undefined ? undefined : `${key}: ${inWords(missing)}` };
  }
  const value: unknown = error.data;
  return { path, at: "value", message: wrongValue(path, value), expected: expectedOf(schema, value), got: shown(value), hint: valueHint(schema, value) };
}

function unknownKey(key: string, path: Path, schema: Schema, keyHint: KeyHint): Placed {
  const known = Object.keys(schema.properties ?? {});
  const near = suggest(key, known);
  const nested = known.find((name) => nestedKeys(schema.properties?.[name]).includes(key));
  const hint = keyHint(key, path) ?? (near !== null ? `did you mean "${near}"?` : nested === undefined ? undefined : `it belongs under "${nested}"`);
  const names = Object.keys(schema.patternProperties ?? {});
  const expected = hint !== undefined ? undefined : (schema.expects ?? (known.length > 0 ? either(known) : names.length > 0 ? `a name like ${names.join(" or ")}` : "no keys here"));
  return { path: [...path, key], at: "key", message: `unknown key "${key}"${path.length === 0 ? "" : ` in ${named(path)}`}`, expected, got: key, hint };
}

function nestedKeys(schema: Schema | undefined): string[] {
  return [schema, ...(schema?.anyOf ?? [])].flatMap((each) => Object.keys(each?.properties ?? {}));
}

function expectedOf(schema: Schema, value: unknown): string {
  if (schema.unit === undefined || !new RegExp(schema.pattern ?? "").test(String(value))) return inWords(schema);
  const [most, unit] = schema.unit === "size" ? [Number.MAX_SAFE_INTEGER, "bytes"] : [MAX_DURATION_MS, "ms"];
  return `from ${schema.least ?? 0} to ${most} ${unit}`;
}

function valueHint(schema: Schema, value: unknown): string | undefined {
  if (typeof value === "string") {
    const choices = [schema, ...(schema.anyOf ?? [])].flatMap((each) => each.enum ?? (each.const === undefined ? [] : [each.const]));
    const near = suggest(value, choices.filter((choice) => typeof choice === "string"));
    return near === null ? undefined : `did you mean "${near}"?`;
  }
  if (value === null && takes(schema, "")) return 'a lone ~ is empty, too; the home folder is "~/"';
  return undefined;
}

/** The message on a value that cannot stand where it does. */
export function wrongValue(path: Path, value: unknown): string {
  return value === null || value === undefined ? `${named(path)} is empty` : `${named(path)} cannot be ${shown(value)}`;
}

/** `tools.chat.restart`, `tools.mine.command[1]` */
export function named(path: Path): string {
  return path.length === 0 ? "this file" : path.map((step, index) => (/^\d+$/.test(String(step)) && index > 0 ? `[${step}]` : `${index === 0 ? "" : "."}${step}`)).join("");
}

function steps(pointer: string): string[] {
  return pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
