import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { parseFilter } from "../../../servers/vector/filter.ts";

describe("a filter is understood", () => {
  const cases: ReadonlyArray<[string, unknown, unknown]> = [
    ["a value alone is equality", { lang: "en" }, { op: "in", field: "lang", values: ["en"] }],
    ["$eq, too", { stars: { $eq: 3 } }, { op: "in", field: "stars", values: [3] }],
    ["null and booleans are values", { a: null }, { op: "in", field: "a", values: [null] }],
    ["$ne is what is not equal", { a: { $ne: true } }, { op: "not", of: { op: "in", field: "a", values: [true] } }],
    ["$in takes any of a list", { a: { $in: ["x", 1] } }, { op: "in", field: "a", values: ["x", 1] }],
    ["$nin none of it", { a: { $nin: ["x"] } }, { op: "not", of: { op: "in", field: "a", values: ["x"] } }],
    ["bounds of one field are one range", { a: { $gte: 1, $lt: 5 } }, { op: "range", field: "a", bounds: { $gte: 1, $lt: 5 } }],
    ["bounds may be texts", { a: { $gt: "b", $lte: "d" } }, { op: "range", field: "a", bounds: { $gt: "b", $lte: "d" } }],
    ["$exists", { a: { $exists: true } }, { op: "exists", field: "a" }],
    ["$exists: false", { a: { $exists: false } }, { op: "not", of: { op: "exists", field: "a" } }],
    ["$not below a field", { a: { $not: { $gt: 1 } } }, { op: "not", of: { op: "range", field: "a", bounds: { $gt: 1 } } }],
    ["$not above a filter", { $not: { a: 1 } }, { op: "not", of: { op: "in", field: "a", values: [1] } }],
    ["several fields are all meant", { a: 1, "b.c": 2 }, { op: "and", of: [{ op: "in", field: "a", values: [1] }, { op: "in", field: "b.c", values: [2] }] }],
    ["several operators are all meant", { a: { $exists: true, $ne: 1 } }, { op: "and", of: [{ op: "exists", field: "a" }, { op: "not", of: { op: "in", field: "a", values: [1] } }] }],
    ["$or", { $or: [{ a: 1 }, { b: 2 }] }, { op: "or", of: [{ op: "in", field: "a", values: [1] }, { op: "in", field: "b", values: [2] }] }],
    ["$and", { $and: [{ a: 1 }, { a: 2 }] }, { op: "and", of: [{ op: "in", field: "a", values: [1] }, { op: "in", field: "a", values: [2] }] }],
    ["an empty filter lets everything through", {}, { op: "and", of: [] }],
  ];
  for (const [title, given, wanted] of cases) test(title, () => assert.deepEqual(parseFilter(given), wanted));
});

describe("a filter that cannot be understood is refused with the place, what was expected and what came:", () => {
  const cases: ReadonlyArray<[unknown, string, RegExp, string]> = [
    ["en", "$.filter", /an object of fields/, '"en"'],
    [[], "$.filter", /an object of fields/, "[]"],
    [null, "$.filter", /an object of fields/, "null"],
    [{ $or: [] }, "$.filter.$or", /a list of filters/, "[]"],
    [{ $and: { a: 1 } }, "$.filter.$and", /a list of filters/, '{"a":1}'],
    [{ $or: [{ a: 1 }, 5] }, "$.filter.$or[1]", /an object of fields/, "5"],
    [{ $nor: [] }, "$.filter.$nor", /a field, or one of \$and, \$or, \$not/, '"$nor"'],
    [{ $not: 1 }, "$.filter.$not", /an object of fields/, "1"],
    [{ a: ["x"] }, "$.filter.a", /a text, a number, a boolean, null, or an object/, '["x"]'],
    [{ a: {} }, "$.filter.a", /a text, a number, a boolean, null, or an object/, "{}"],
    [{ a: Number.NaN }, "$.filter.a", /a text, a number, a boolean, null, or an object/, "null"],
    [{ a: { $eq: [] } }, "$.filter.a.$eq", /a text, a number, a boolean or null/, "[]"],
    [{ a: { $ne: {} } }, "$.filter.a.$ne", /a text, a number, a boolean or null/, "{}"],
    [{ a: { $in: "x" } }, "$.filter.a.$in", /a list of texts, numbers, booleans or null/, '"x"'],
    [{ a: { $nin: [{}] } }, "$.filter.a.$nin", /a list of texts, numbers, booleans or null/, "[{}]"],
    [{ a: { $gt: true } }, "$.filter.a.$gt", /a number or a text/, "true"],
    [{ a: { $gte: 1, $lt: "x" } }, "$.filter.a.$lt", /bounds of one kind/, '"x"'],
    [{ a: { $exists: 1 } }, "$.filter.a.$exists", /true or false/, "1"],
    [{ a: { $like: "x" } }, "$.filter.a.$like", /one of \$eq, .*\$not/, '"$like"'],
    [{ a: { b: 1 } }, "$.filter.a.b", /one of \$eq, .*\$not/, '"b"'],
    [{ a: { $in: "x".repeat(100) } }, "$.filter.a.$in", /a list/, `"${"x".repeat(59)}…`],
  ];
  for (const [given, path, expected, got] of cases) {
    test(JSON.stringify(given).slice(0, 60), () =>
      assert.throws(() => parseFilter(given), (error: unknown) => {
        assert.ok(error instanceof ToolError && error.code === "invalid-request");
        assert.equal(error.facts["path"], path);
        assert.match(String(error.facts["expected"]), expected);
        assert.equal(error.facts["got"], got);
        return true;
      }));
  }
});
