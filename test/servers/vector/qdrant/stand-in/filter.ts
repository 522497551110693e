/** What a filter of Qdrant's says of a payload. Source: Qdrant's documentation of filtering, and its `condition_checker.rs`. */
export function matches(filter: unknown, id: string, payload: Json): boolean {
  const { must, should, must_not, ...others } = filter as Record<string, unknown>;
  if (Object.keys(others).length > 0) throw new Error(`unknown field \`${Object.keys(others)[0]}\` in a filter`);
  const holds = (condition: unknown): boolean => check(condition, id, payload);
  return listOf(must).every(holds) && !listOf(must_not).some(holds) && (listOf(should).length === 0 || listOf(should).some(holds));
}

/** The fields that a filter is about. */
export function fieldsOf(filter: unknown): string[] {
  if (typeof filter !== "object" || filter === null) return [];
  return Object.entries(filter).flatMap(([name, value]) => (name === "key" ? [value as string] : fieldsOf(value)));
}

export type Json = Record<string, unknown>;

function check(condition: unknown, id: string, payload: Json): boolean {
  const { has_id, is_empty, is_null, key, match, range } = condition as { has_id?: string[]; is_empty?: { key: string }; is_null?: { key: string }; key?: string; match?: Json; range?: Json };
  if (has_id !== undefined) return has_id.includes(id);
  if (is_empty !== undefined) return valuesAt(payload, is_empty.key).every((value) => value === null || (Array.isArray(value) && value.length === 0));
  if (is_null !== undefined) return valuesAt(payload, is_null.key).includes(null);
  if (key === undefined) return matches(condition, id, payload);
  const values = valuesAt(payload, key).flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]));
  if (match !== undefined) return values.some((value) => isMatch(match, value));
  if (range !== undefined) return values.some((value) => isWithin(range, value));
  throw new Error(`a condition on '${key}' without match or range`);
}

function listOf(conditions: unknown): unknown[] {
  return conditions === undefined || conditions === null ? [] : Array.isArray(conditions) ? conditions : [conditions];
}

/** Texts are texts, and a number matches only when it is whole. */
function isMatch(match: Json, value: unknown): boolean {
  const known = (wanted: unknown): boolean => typeof wanted === "string" || typeof wanted === "boolean" || Number.isSafeInteger(wanted);
  if ("any" in match) {
    const any = match["any"] as unknown[];
    if (new Set(any.map((each) => typeof each)).size > 1 || any.some((each) => typeof each === "boolean" || !known(each))) throw new Error("match any takes texts, or whole numbers");
    return any.includes(value);
  }
  if (!("value" in match) || !known(match["value"])) throw new Error("match takes a text, a whole number or a boolean");
  return match["value"] === value;
}

function isWithin(range: Json, value: unknown): boolean {
  const bounds = Object.entries(range);
  const isDate = bounds.some(([, bound]) => typeof bound === "string");
  if (isDate && !bounds.every(([, bound]) => typeof bound === "string" && RFC_3339.test(bound))) throw new Error(`not a range: ${JSON.stringify(range)}`);
  if (typeof value !== (isDate ? "string" : "number")) return false;
  const point = isDate ? dateOf(value as string) : (value as number);
  return bounds.every(([operator, bound]) => COMPARE[operator]!(point, isDate ? Date.parse(bound as string) : (bound as number)));
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = { gt: (a, b) => a > b, gte: (a, b) => a >= b, lt: (a, b) => a < b, lte: (a, b) => a <= b };

/** NaN, which is within nothing, for what is no date. */
function dateOf(text: string): number {
  return /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(text) ? Date.parse(`${text}${text.length === 10 ? "" : "Z"}`) : RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
}

/** `a."b c"[].d`, from the payload down. */
function valuesAt(payload: Json, path: string): unknown[] {
  const steps = [...path.matchAll(/(?:^|\.)(?:([\p{L}\p{N}_-]+)|"([^"\\]*)")|(\[\])/gu)];
  if (steps.map(([text]) => text).join("") !== path) throw new Error(`not a path: ${path}`);
  return steps.reduce<unknown[]>((values, [, plain, quoted, all]) => {
    if (all !== undefined) return values.flatMap((value): unknown[] => (Array.isArray(value) ? value : []));
    const name = plain ?? quoted ?? "";
    return values.flatMap((value) => (typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name) ? [(value as Json)[name]] : []));
  }, [payload]);
}
