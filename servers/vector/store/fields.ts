import type { Condition, Filter, Scalar } from "../filter.ts";
import type { Database } from "./database.ts";
import { RowSet } from "./rowset.ts";

/** A value that can be filtered by, as the table `field` has it: values of different kinds are never equal. */
interface Field {
  readonly key: string;
  readonly kind: number;
  readonly value: string | number;
}

/** `empty` is a list or an object without members: it exists, and is equal to nothing. */
const KINDS = { null: 0, number: 1, text: 2, boolean: 3, empty: 4 } as const;

export function insertFields(db: Database, row: number, metadata: object | undefined): void {
  const insert = db.sql("insert or ignore into field values (?, ?, ?, ?)");
  for (const { key, kind, value } of fieldsOf(metadata)) insert.run(key, kind, value, row);
}

export function deleteFields(db: Database, row: number, metadata: object | undefined): void {
  const remove = db.sql("delete from field where key = ? and kind = ? and value = ? and row = ?");
  for (const { key, kind, value } of fieldsOf(metadata)) remove.run(key, kind, value, row);
}

/** Answers filters with sets of rows. What a single condition came to is remembered until something is written. */
export class Filters {
  readonly #db: Database;
  readonly #known = new Map<string, RowSet>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Something was written. */
  forget(): void {
    this.#known.clear();
  }

  /** Those of `live` that match. */
  rows(filter: Filter, live: RowSet): RowSet {
    switch (filter.op) {
      case "and":
        return filter.of.reduce((rows, each) => rows.and(this.rows(each, live)), live);
      case "or":
        return filter.of.reduce((rows, each) => rows.or(this.rows(each, live)), new RowSet());
      case "not":
        return live.without(this.rows(filter.of, live));
      case "in":
      case "range":
      case "exists":
        return this.#condition(filter);
    }
  }

  #condition(condition: Condition): RowSet {
    const key = JSON.stringify(condition);
    let rows = this.#known.get(key);
    if (rows === undefined) {
      rows = find(this.#db, condition);
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(key, rows);
    }
    return rows;
  }
}

const MOST_KNOWN = 32;

function find(db: Database, condition: Condition): RowSet {
  const rows = new RowSet();
  // One text instead of thousands of objects: to make those would take most of the time.
  const add = (where: string, ...values: (string | number)[]): void => {
    const found = db.sql(`select json_group_array(row) as rows from field where ${where}`).get(...values);
    for (const row of JSON.parse(found?.["rows"] as string) as number[]) rows.add(row);
  };
  switch (condition.op) {
    case "exists":
      add("key = ?", condition.field);
      break;
    case "in":
      for (const scalar of condition.values) {
        const { key, kind, value } = fieldOf(condition.field, scalar);
        add("key = ? and kind = ? and value = ?", key, kind, value);
      }
      break;
    case "range": {
      const bounds = Object.entries(condition.bounds) as [keyof typeof COMPARISONS, string | number][];
      const kind = typeof bounds[0]?.[1] === "number" ? KINDS.number : KINDS.text;
      add(`key = ? and kind = ? ${bounds.map(([order]) => COMPARISONS[order]).join(" ")}`, condition.field, kind, ...bounds.map(([, bound]) => bound));
      break;
    }
  }
  return rows;
}

/** All of SQL that a filter can choose. */
const COMPARISONS = { $gt: "and value > ?", $gte: "and value >= ?", $lt: "and value < ?", $lte: "and value <= ?" } as const;

/** `{a: {b: 1}, c: ["x", "y"]}` is a.b = 1, c = "x" and c = "y". */
function* fieldsOf(value: unknown, key = ""): Generator<Field> {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null) {
    if (isScalar(value)) yield fieldOf(key, value);
    return;
  }
  const members = Array.isArray(value) ? value.map((member: unknown) => [key, member] as const) : Object.entries(value).map(([name, member]) => [key === "" ? name : `${key}.${name}`, member as unknown] as const);
  if (members.length === 0 && key !== "") yield { key, kind: KINDS.empty, value: 0 };
  for (const [name, member] of members) yield* fieldsOf(member, name);
}

function fieldOf(key: string, value: Scalar): Field {
  if (value === null) return { key, kind: KINDS.null, value: 0 };
  if (typeof value === "boolean") return { key, kind: KINDS.boolean, value: value ? 1 : 0 };
  return { key, kind: typeof value === "number" ? KINDS.number : KINDS.text, value };
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
