import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { parseFilter } from "../../../../servers/vector/filter.ts";
import { Database } from "../../../../servers/vector/store/database.ts";
import { deleteFields, Filters, insertFields } from "../../../../servers/vector/store/fields.ts";
import { RowSet } from "../../../../servers/vector/store/rowset.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { matches } from "./naive-filter.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let db: Database;
before(async () => {
  folder = await temporaryFolder();
  db = await Database.open(join(folder.path, "fields.sqlite"), { durable: false });
});
after(async () => {
  await db.close();
  await folder[Symbol.asyncDispose]();
});

/** The rows whose metadata matches, by our tables. */
function found(metadata: readonly (object | undefined)[], filter: object): number[] {
  db.transaction(() => metadata.forEach((each, row) => insertFields(db, row, each)));
  try {
    return [...new Filters(db).rows(parseFilter(filter), RowSet.of(metadata.keys()))];
  } finally {
    db.transaction(() => metadata.forEach((each, row) => deleteFields(db, row, each)));
    assert.equal(db.sql("select count(*) as count from field").get()?.["count"], 0, "something was left behind");
  }
}

const scalar = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom("a", "b", "1", "", "true"), fc.boolean(), fc.constant(null), fc.constantFrom(0.5, -0.25));
const key = fc.constantFrom("a", "b", "a.b");
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom("b", "c"), fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxKeys: 2 }));
const metadata = fc.option(fc.dictionary(fc.constantFrom("a", "b"), value, { maxKeys: 2 }), { nil: undefined });
const bound = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom("a", "b", "1"));
const condition = fc.oneof(
  scalar,
  fc.record({ $eq: scalar }),
  fc.record({ $ne: scalar }),
  fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ $nin: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ $exists: fc.boolean() }),
  ...["$gt", "$gte", "$lt", "$lte"].map((order) => fc.record({ [order]: bound })),
);
const { filter } = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.dictionary(key, condition, { minKeys: 1, maxKeys: 2 }),
    fc.record({ $or: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $and: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $not: tie("filter") }),
  ),
}));

describe("rows are chosen by their metadata", () => {
  test("as a plain reading of the filter would, whatever both are", () => {
    fc.assert(
      fc.property(fc.array(metadata, { minLength: 1, maxLength: 12 }), filter, (rows, asked) => {
        assert.deepEqual(found(rows, asked), [...rows.keys()].filter((row) => matches(rows[row], asked)));
      }),
      { numRuns: 300 },
    );
  });

  test("a text is not the number that it spells, and true is not 1", () => {
    const rows = [{ a: 1 }, { a: "1" }, { a: true }, { a: null }];
    assert.deepEqual([1, "1", true, null].map((one) => found(rows, { a: one })), [[0], [1], [2], [3]]);
  });

  test("a list matches by each of its members, and one that is empty exists", () => {
    const rows = [{ a: ["x", "y"] }, { a: [] }, {}, undefined];
    assert.deepEqual([found(rows, { a: "y" }), found(rows, { a: { $exists: true } }), found(rows, { a: { $ne: "y" } })], [[0], [0, 1], [1, 2, 3]]);
  });

  test("what a condition came to is remembered until something is written", () => {
    const filters = new Filters(db);
    const [asked, live] = [parseFilter({ a: 1 }), RowSet.of([0, 1])];
    insertFields(db, 0, { a: 1 });
    assert.deepEqual([...filters.rows(asked, live)], [0]);
    insertFields(db, 1, { a: 1 });
    assert.deepEqual([...filters.rows(asked, live)], [0]);
    filters.forget();
    assert.deepEqual([...filters.rows(asked, live)], [0, 1]);
    for (const row of [0, 1]) deleteFields(db, row, { a: 1 });
  });
});
