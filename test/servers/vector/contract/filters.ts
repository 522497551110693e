import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Backend } from "../../../../servers/vector/backend.ts";
import { parseFilter } from "../../../../servers/vector/filter.ts";
import { add, type Ground, search } from "../contract.ts";
import { ToyEmbedder } from "../toy.ts";

const METADATA: Readonly<Record<string, Record<string, unknown> | undefined>> = {
  a: { lang: "en", stars: 5, price: 1.5, done: true, tags: ["x", "y"], day: "2024-01-10", author: { name: "Ada", "year-born": 1815 } },
  b: { lang: "de", stars: 3, price: 2, done: false, tags: ["y"], day: "2024-02-20", author: { name: "Emmy" } },
  c: { lang: "en", stars: 0, price: -0.25, tags: [], day: "2025-03-30", note: null },
  d: { lang: "5", stars: "5", tags: "x", "a key": 1, list: [1, 2.5, null] },
  e: undefined,
};

/** A filter, and the rows that it lets through. */
const TABLE: readonly (readonly [filter: object, rows: string])[] = [
  [{}, "abcde"],
  [{ lang: "en" }, "ac"],
  [{ lang: "EN" }, ""],
  [{ lang: "en", stars: 5 }, "a"],
  [{ stars: 5 }, "a"],
  [{ stars: "5" }, "d"],
  [{ stars: 0 }, "c"],
  [{ price: 1.5 }, "a"],
  [{ price: { $in: [1.5, 2] } }, "ab"],
  [{ done: true }, "a"],
  [{ done: { $in: [true, false] } }, "ab"],
  [{ done: { $ne: true } }, "bcde"],
  [{ note: null }, "c"],
  [{ note: { $ne: null } }, "abde"],
  [{ list: null }, "d"],
  [{ list: 2.5 }, "d"],
  [{ tags: "x" }, "ad"],
  [{ tags: { $nin: ["x"] } }, "bce"],
  [{ tags: { $in: [] } }, ""],
  [{ tags: { $nin: [] } }, "abcde"],
  [{ lang: { $in: ["de", 5, "fr"] } }, "b"],
  [{ stars: { $gt: 3 } }, "a"],
  [{ stars: { $gte: 3, $lt: 5 } }, "b"],
  [{ stars: { $lte: 3 } }, "bc"],
  [{ stars: { $not: { $gte: 3 } } }, "cde"],
  [{ list: { $gt: 2, $lt: 3 } }, "d"],
  [{ list: { $gt: 1, $lt: 2 } }, ""],
  [{ day: { $gte: "2024-02-01" } }, "bc"],
  [{ day: { $gte: "2024-01-10", $lt: "2025-01-01" } }, "ab"],
  [{ day: { $gt: "2024-01-10" } }, "bc"],
  [{ "author.name": "Ada" }, "a"],
  [{ "author.year-born": { $lt: 1900 } }, "a"],
  [{ "a key": 1 }, "d"],
  [{ note: { $exists: true } }, "c"],
  [{ done: { $exists: true } }, "ab"],
  [{ done: { $exists: false } }, "cde"],
  [{ "author.name": { $exists: true } }, "ab"],
  [{ $or: [{ lang: "de" }, { stars: { $gte: 5 } }] }, "ab"],
  [{ $and: [{ lang: "en" }, { tags: "x" }] }, "a"],
  [{ $not: { $or: [{ lang: "en" }, { tags: "x" }] } }, "be"],
  [{ $not: {} }, ""],
  [{ $or: [{}, { lang: "de" }] }, "abcde"],
  [{ lang: { $ne: "en" }, stars: { $gte: 1 } }, "b"],
];

export function filtersHeld(ground: Ground): void {
  describe("a filter", () => {
    let backend: Backend;
    let name: string;
    before(async () => {
      backend = await ground.open(new ToyEmbedder());
      name = ground.fresh();
      await add(backend, name, Object.entries(METADATA).map(([id, metadata]) => ({ id, text: `cat ${id}`, ...(metadata === undefined ? {} : { metadata }) })));
    });

    for (const [filter, expected] of TABLE) {
      test(`${JSON.stringify(filter)} lets ${expected === "" ? "nothing" : expected} through`, async () => {
        assert.equal((await search(backend, name, "cat", { filter })).map(({ id }) => id).sort().join(""), expected);
        assert.equal(await backend.count(name, parseFilter(filter)), expected.length);
      });
    }
  });
}
