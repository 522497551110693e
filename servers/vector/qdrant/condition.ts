import type { Schemas } from "@qdrant/js-client-rest";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Condition as FieldCondition, Filter, Scalar } from "../filter.ts";
import { datesOf } from "./dates.ts";

export type Condition = Schemas["Condition"];

/** The same question in Qdrant's words; null where it is true of every row. @throws ToolError `unsupported` for a comparison that Qdrant does not know */
export function conditionOf(filter: Filter, tool: string): Condition | null {
  const outcome = translate(filter, tool);
  return outcome === "all" ? null : outcome === "none" ? NOTHING : outcome;
}

/** `all` and `none` are worked out here: what an empty list of conditions means differs from one version of Qdrant to the next. */
type Outcome = Condition | "all" | "none";
const NOTHING: Condition = { has_id: [] };

function translate(filter: Filter, tool: string): Outcome {
  switch (filter.op) {
    case "and":
      return all(filter.of.map((each) => translate(each, tool)));
    case "or":
      return any(filter.of.map((each) => translate(each, tool)));
    case "not": {
      const of = translate(filter.of, tool);
      return of === "all" ? "none" : of === "none" ? "all" : { must_not: [of] };
    }
    case "in":
    case "range":
    case "exists":
      return ofField(filter, keyOf(filter.field, tool), tool);
  }
}

function ofField(condition: FieldCondition, key: string, tool: string): Outcome {
  switch (condition.op) {
    case "in":
      return any(oneOf(key, condition.values));
    case "range":
      return { key, range: rangeOf(condition, tool) };
    case "exists":
      // Qdrant takes null for empty; here a field that is null is there.
      return { should: [{ must_not: [{ is_empty: { key } }] }, { is_null: { key } }] };
  }
}

function all(of: readonly Outcome[]): Outcome {
  if (of.includes("none")) return "none";
  const conditions = of.filter(isCondition);
  return conditions.length === 0 ? "all" : { must: conditions };
}

function any(of: readonly Outcome[]): Outcome {
  if (of.includes("all")) return "all";
  const conditions = of.filter(isCondition);
  return conditions.length === 0 ? "none" : { should: conditions };
}

function isCondition(outcome: Outcome): outcome is Condition {
  return typeof outcome !== "string";
}

/** Qdrant matches texts, booleans and whole numbers; that a fraction is equal is said as a range. */
function oneOf(key: string, values: readonly Scalar[]): Condition[] {
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number");
  const whole = numbers.filter((value) => Number.isSafeInteger(value));
  return [
    ...(texts.length === 0 ? [] : [{ key, match: { any: texts } }]),
    ...(whole.length === 0 ? [] : [{ key, match: { any: whole } }]),
    ...numbers.filter((value) => !Number.isSafeInteger(value)).map((value) => ({ key, range: { gte: value, lte: value } })),
    ...values.filter((value) => typeof value === "boolean").map((value) => ({ key, match: { value } })),
    ...(values.includes(null) ? [{ is_null: { key } }, { is_null: { key: `${key}[]` } }] : []),
  ];
}

function rangeOf({ field, bounds }: Extract<FieldCondition, { op: "range" }>, tool: string): Schemas["RangeInterface"] {
  const entries = Object.entries(bounds).map(([operator, bound]) => [operator.slice(1), bound] as const);
  if (entries.every(([, bound]) => typeof bound === "number")) return Object.fromEntries(entries);
  const dates = datesOf(entries.map(([, bound]) => bound));
  if (dates !== null) return Object.fromEntries(entries.map(([operator], i) => [operator, dates[i]]));
  throw new ToolError("unsupported", {
    tool,
    what: `compare the texts of '${field}' by their order at a Qdrant server`,
    hint: 'Numbers and dates can be compared: {"$gte": "2024-01-31"} or {"$lt": "2024-01-31T12:00:00Z"}',
  });
}

/** Each part of `a.b` is a name of its own. What is no plain word has to stand in quotation marks, and for those there is no escape. */
function keyOf(field: string, tool: string): string {
  if (/["\\]/.test(field)) throw new ToolError("unsupported", { tool, what: "filter by a field with a quotation mark or a backslash in its name at a Qdrant server" });
  return ["metadata", ...field.split(".")].map((name) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : `"${name}"`)).join(".");
}
