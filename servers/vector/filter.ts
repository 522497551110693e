import { ToolError } from "../../pipes/protocol/errors.ts";

/** A value that metadata may have and a filter may name. */
export type Scalar = string | number | boolean | null;
type Order = "$gt" | "$gte" | "$lt" | "$lte";

/** A filter as it was understood. A field that is a list matches when one of its members does; a missing field matches no condition but a negated one. */
export type Filter =
  | { readonly op: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly op: "not"; readonly of: Filter }
  | Condition;

/** What a single field must be. `in` with one value is equality. */
export type Condition =
  | { readonly op: "in"; readonly field: string; readonly values: readonly Scalar[] }
  | { readonly op: "range"; readonly field: string; readonly bounds: Readonly<Partial<Record<Order, number>>> | Readonly<Partial<Record<Order, string>>> }
  | { readonly op: "exists"; readonly field: string };

/**
 * Reads `{"lang": "en", "stars": {"$gte": 3}, "$or": […]}`. @throws ToolError `invalid-request` with the place, what was expected and what came
 */
export function parseFilter(given: unknown, path = "$.filter"): Filter {
  if (!isObject(given)) throw mismatch(path, "an object of fields and what they must be", given);
  return all(Object.entries(given).map(([key, value]) => parseEntry(key, value, `${path}.${key}`)));
}

function parseEntry(key: string, value: unknown, path: string): Filter {
  if (key === "$and" || key === "$or") {
    if (!Array.isArray(value) || value.length === 0) throw mismatch(path, "a list of filters", value);
    const of = value.map((each, i) => parseFilter(each, `${path}[${i}]`));
    return key === "$and" ? all(of) : { op: "or", of };
  }
  if (key === "$not") return { op: "not", of: parseFilter(value, path) };
  if (key.startsWith("$")) throw mismatch(path, "a field, or one of $and, $or, $not", key);
  return parseField(key, value, path);
}

function parseField(field: string, value: unknown, path: string): Filter {
  if (isScalar(value)) return { op: "in", field, values: [value] };
  if (!isObject(value) || Object.keys(value).length === 0) throw mismatch(path, 'a text, a number, a boolean, null, or an object such as {"$gte": 3}', value);
  const conditions: Filter[] = [];
  const bounds: Partial<Record<Order, number | string>> = {};
  for (const [operator, operand] of Object.entries(value)) {
    const at = `${path}.${operator}`;
    switch (operator) {
      case "$eq":
      case "$ne":
        if (!isScalar(operand)) throw mismatch(at, "a text, a number, a boolean or null", operand);
        conditions.push(unless(operator === "$ne", { op: "in", field, values: [operand] }));
        break;
      case "$in":
      case "$nin":
        if (!Array.isArray(operand) || !operand.every(isScalar)) throw mismatch(at, "a list of texts, numbers, booleans or null", operand);
        conditions.push(unless(operator === "$nin", { op: "in", field, values: operand }));
        break;
      case "$gt":
      case "$gte":
      case "$lt":
      case "$lte":
        if (typeof operand !== "string" && typeof operand !== "number") throw mismatch(at, "a number or a text", operand);
        if (Object.values(bounds).some((bound) => typeof bound !== typeof operand)) throw mismatch(at, "bounds of one kind, numbers or texts", operand);
        bounds[operator] = operand;
        break;
      case "$exists":
        if (typeof operand !== "boolean") throw mismatch(at, "true or false", operand);
        conditions.push(unless(!operand, { op: "exists", field }));
        break;
      case "$not":
        conditions.push({ op: "not", of: parseField(field, operand, at) });
        break;
      default:
        throw mismatch(at, `one of ${OPERATORS.join(", ")}`, operator);
    }
  }
  if (Object.keys(bounds).length > 0) conditions.push({ op: "range", field, bounds: bounds as Record<Order, number> | Record<Order, string> });
  return all(conditions);
}

const OPERATORS = ["$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists", "$not"];

function all(of: readonly Filter[]): Filter {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { op: "and", of };
}

function unless(negated: boolean, filter: Filter): Filter {
  return negated ? { op: "not", of: filter } : filter;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mismatch(path: string, expected: string, got: unknown): ToolError {
  const text = JSON.stringify(got) ?? String(got);
  return new ToolError("invalid-request", { path, expected, got: text.length > 60 ? `${text.slice(0, 60)}…` : text });
}
