import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { isNever, MAX_DURATION_MS, parseDuration, parseSize } from "../../pipes/protocol/units.ts";
import type { Path } from "./fill.ts";
import type { Finding } from "./problem.ts";
import type { Schema } from "./schemas.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { either, inWords, shown } from "./words.ts";

/** A finding and its place in the document. */
export interface Placed extends Finding {
  readonly path: Path;
  readonly at: "key" | "value";
}
/** A sentence on a key that does not belong where it stands, when more is known than its name. */
export type KeyHint = (key: string, path: Path) => string | undefined;

/**
 * Every mistake of `value` by `schema`, one finding each. `path` is where the value stands in the document. Maps within
 * maps are checked by schemas of their own, and only where they are there: compiling one takes ajv 5 to 20 ms.
 */
export function check(schema: Schema, value: unknown, path: Path, keyHint: KeyHint = () => undefined): Placed[] {
  const chosen = isMap(value) ? (schema.anyOf?.find((branch) => branch.type === "object") ?? schema) : schema;
  const { validate, shallow, inner } = compiled(chosen);
  const errors = validate(value) ? [] : withoutBranches(validate.errors ?? []);
  const here = errors.map((error) => explain(error, error.parentSchema === shallow ? chosen : (error.parentSchema as Schema), path, keyHint));
  const within = inner.filter(([key]) => isMap(value) && Object.hasOwn(value, key)).flatMap(([key, property]) => check(property, (value as Members)[key], [...path, key]));
  return [...onePerPlace(here), ...within];
}

type Members = Readonly<Record<string, unknown>>;
interface Compiled {
  readonly validate: ValidateFunction;
  /** The schema that was compiled: what is inside of its inner maps is left open. */
  readonly shallow: Schema;
  readonly inner: readonly (readonly [key: string, schema: Schema])[];
}
const known = new WeakMap<Schema, Compiled>();
let ajv: Ajv | undefined;

function compiled(schema: Schema): Compiled {
  const before = known.get(schema);
  if (before !== undefined) return before;
  ajv ??= newAjv();
  const properties = Object.entries(schema.properties ?? {});
  const inner = properties.filter(([, property]) => holdsMap(property));
  const open = Object.fromEntries(properties.map(([key, property]) => [key, holdsMap(property) ? {} : property]));
  const shallow: Schema = schema.properties === undefined ? schema : { ...schema, properties: open };
  const made = { validate: ajv.compile(shallow), shallow, inner };
  known.set(schema, made);
  return made;
}

function holdsMap(schema: Schema): boolean {
  return schema.type === "object" || (schema.anyOf ?? []).some(holdsMap);
}

function onePerPlace(findings: readonly Placed[]): Placed[] {
  const seen = new Set<string>();
  return findings.filter(({ path }) => {
    const place = JSON.stringify(path);
    return !seen.has(place) && seen.add(place);
  });
}

function newAjv(): Ajv {
  const options = { allErrors: true, verbose: true, strict: false, meta: false, validateSchema: false, addUsedSchema: false, code: { optimize: false } } as const;
  const made = new Ajv(options);
  made.addKeyword({ keyword: "unit", type: ["string", "number"], errors: false, validate: withinUnit });
  return made;
}

/** The word `never` is the pattern's to allow. */
function withinUnit(unit: "duration" | "size", value: unknown, parent?: unknown): boolean {
  if (unit === "duration" && isNever(value)) return true;
  const parsed = unit === "duration" ? parseDuration(value) : parseSize(value);
  return parsed !== null && parsed >= ((parent as Schema).least ?? 0);
}

/** A union reports the errors of each of its branches, and that none fits; the latter says it all. */
function withoutBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf");
  return errors.filter((error) => !unions.some((union) => error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath === union.instancePath));
}

function explain(error: ErrorObject, schema: Schema, base: Path, keyHint: KeyHint): Placed {
  const path = [...base, ...steps(error.instancePath)];
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
  const keys = Object.keys(schema.properties ?? {});
  const near = suggest(key, keys);
  const nested = keys.find((name) => nestedKeys(schema.properties?.[name]).includes(key));
  const hint = keyHint(key, path) ?? (near !== null ? `did you mean "${near}"?` : nested === undefined ? undefined : `it belongs under "${nested}"`);
  const names = Object.keys(schema.patternProperties ?? {});
  const expected = hint !== undefined ? undefined : (schema.expects ?? (keys.length > 0 ? either(keys) : names.length > 0 ? `a name like ${names.join(" or ")}` : "no keys here"));
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
  if (value === null && takesText(schema)) return 'a lone ~ is empty, too; the home folder is "~/"';
  return undefined;
}

function takesText({ type, enum: choices, const: only, anyOf }: Schema): boolean {
  if (anyOf !== undefined) return anyOf.some(takesText);
  return type === "string" || (Array.isArray(type) && type.includes("string")) || (choices ?? [only]).some((choice) => typeof choice === "string");
}

function isMap(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
