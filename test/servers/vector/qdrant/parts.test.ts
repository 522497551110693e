import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseFilter } from "../../../../servers/vector/filter.ts";
import { readAddress } from "../../../../servers/vector/qdrant/address.ts";
import { conditionOf } from "../../../../servers/vector/qdrant/condition.ts";
import { pointIdOf, rowOf } from "../../../../servers/vector/qdrant/point.ts";
import { passageTerms, queryTerms } from "../../../../servers/vector/qdrant/sparse.ts";

describe("an address", () => {
  test("says where the server is", () => {
    const read = (uri: string): unknown => {
      const { url, host, port, https, prefix } = readAddress(uri);
      return [url, host, port, https, prefix];
    };
    assert.deepEqual(read("qdrant+http://localhost"), ["http://localhost:6333", "localhost", 6333, false, ""]);
    assert.deepEqual(read("qdrant+https://a.example:443/"), ["https://a.example:443", "a.example", 443, true, ""]);
    assert.deepEqual(read("qdrant+http://[::1]:80/behind/here/"), ["http://[::1]:80/behind/here", "[::1]", 80, false, "/behind/here"]);
  });

  test("that is none is refused, and what is secret in it is not repeated", () => {
    for (const uri of ["http://a", "qdrant://a", "qdrant+http://", "qdrant", "qdrant+http://a?b", "qdrant+http://a:99999"]) {
      assert.throws(() => readAddress(uri), { code: "invalid-request", message: /uri: expected qdrant\+http:\/\/HOST:6333/ }, uri);
    }
    assert.throws(() => readAddress("qdrant+http://me:secret@a"), (error: Error) => !error.message.includes("secret"));
  });
});

describe("a filter for Qdrant", () => {
  const translated = (filter: object): unknown => conditionOf(parseFilter(filter), "vector");

  test("names fields as paths, in quotation marks where they are no plain words", () => {
    assert.deepEqual(translated({ "a.b-c": "x" }), { should: [{ key: "metadata.a.b-c", match: { any: ["x"] } }] });
    assert.deepEqual(translated({ "a b.ü[]": 1 }), { should: [{ key: 'metadata."a b"."ü[]"', match: { any: [1] } }] });
    assert.throws(() => translated({ 'a"b': 1 }), { code: "unsupported", message: /quotation mark/ });
  });

  test("compares dates as dates", () => {
    const bounds = { $gte: "2024-01-31", $lt: "2024-02-01T12:30+02:00", $lte: "2024-02-01 12:30:01.5" };
    assert.deepEqual(translated({ day: bounds }), { key: "metadata.day", range: { gte: "2024-01-31T00:00:00Z", lt: "2024-02-01T12:30:00+02:00", lte: "2024-02-01T12:30:01.5Z" } });
  });

  test("cannot compare other texts", () => {
    for (const bounds of [{ $gte: "m" }, { $gte: "2024-01-31", $lt: "later" }, { $lt: "2024-13-01" }, { $gt: "2024" }]) {
      assert.throws(() => translated({ day: bounds }), { code: "unsupported", message: /vector cannot compare the texts of 'day' by their order.*Numbers and dates can/ }, JSON.stringify(bounds));
    }
  });

  test("that lets everything through is none", () => {
    for (const filter of [{}, { $not: { a: { $in: [] } } }, { $or: [{}, { a: 1 }] }]) assert.equal(translated(filter), null);
  });
});

describe("the terms of a text", () => {
  test("weigh as in BM25: more the more often they stand there, less in a long text", () => {
    const weightOf = (text: string): number => {
      const [index] = queryTerms("cat").indices;
      const { indices, values } = passageTerms(text)!;
      return values[indices.indexOf(index!)]!;
    };
    assert.ok(weightOf("cat cat") > weightOf("cat dog"));
    assert.ok(weightOf(`cat ${"dog ".repeat(500)}`) < weightOf("cat dog"));
    assert.ok(weightOf("cat ".repeat(200)) < 2.2);
    assert.ok(Math.abs(weightOf(`cat ${"dog ".repeat(127)}`) - 1) < 1e-9, "once, in a text of usual length, is 1");
  });

  test("are none where there is no word", () => {
    assert.equal(passageTerms(" … "), null);
    assert.deepEqual(queryTerms(""), { indices: [], values: [] });
  });
});

describe("a point", () => {
  test("has a UUID made from the row's name", () => {
    assert.equal(pointIdOf("a"), "ca978112-ca1b-8dca-bac2-31b39a23dc4d");
    assert.notEqual(pointIdOf("A"), pointIdOf("a"));
  });

  test("is read as a row that can be written as JSON, whatever numbers the client makes of it", () => {
    const row = rowOf({ id: "x", payload: { id: "a", text: "cat", metadata: { n: [2n ** 60n, { m: 1n }] } }, vector: { dense: [1, 0] } });
    assert.deepEqual(row, { id: "a", text: "cat", metadata: { n: [2 ** 60, { m: 1 }] }, vector: [1, 0] });
    assert.equal(rowOf({ id: "x", payload: { text: "of somebody else" } }), null);
  });
});
