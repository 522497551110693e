import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ensureBuiltinModel } from "../../../../servers/chat/builtin/ensure.ts";
import type { Engine } from "../../../../servers/chat/engine/engine.ts";
import { gbnfOf } from "../../../../servers/chat/schema/gbnf.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { startEngine, user } from "../fixtures.ts";

const node = { type: "object", properties: { value: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } }, required: ["value", "next"] };
/** Schemas of every kind that a grammar holds a model to as a whole. */
const exact: Readonly<Record<string, object>> = {
  "required and optional properties": { type: "object", properties: { a: { type: "boolean" }, b: { type: "integer" }, c: { type: "null" }, d: { type: "number" } }, required: ["b"] },
  "optional properties only": { properties: { a: { type: "boolean" }, b: { type: "null" } } },
  "a choice": { enum: ["one", 2, null, { three: [3] }, 'a "quoted\\ text', "\n"] },
  "a constant": { const: "ü🦙\u0000\u007f" },
  "alternatives": { anyOf: [{ type: "integer" }, { type: "array", items: { type: "boolean" }, maxItems: 2 }] },
  "alternatives of which one fits": { oneOf: [{ type: "boolean" }, { type: "null" }] },
  "several types": { type: ["boolean", "null"] },
  "lists of a size": { type: "array", items: { type: "boolean" }, minItems: 2, maxItems: 4 },
  "lists without an end": { type: "array", items: { const: 1 }, minItems: 3 },
  "tuples": { type: "array", prefixItems: [{ type: "boolean" }, { const: "x" }] },
  "no items": { type: "array", items: false },
  "texts of a length": { type: "string", minLength: 2, maxLength: 4 },
  "numbers of a range": { type: "integer", minimum: -3, maximum: 3 },
  "numbers from zero": { type: "integer", minimum: 0 },
  "dates": { type: "object", properties: { a: { type: "string", format: "date" }, b: { type: "string", format: "date-time" }, c: { type: "string", format: "uuid" } }, required: ["a", "b", "c"] },
  "a reference": { $defs: { "a/b": { enum: [1, 2] } }, type: "array", items: { $ref: "#/$defs/a~1b" }, minItems: 1, maxItems: 3 },
  "a reference to itself": { $ref: "#/$defs/node", $defs: { node } },
  "itself": { type: "object", properties: { kid: { $ref: "#" } } },
};
/** And such that have to be looked at afterwards. */
const inexact: Readonly<Record<string, object>> = {
  "parts": { allOf: [{ $ref: "#/$defs/a" }, { properties: { b: { const: 2 } }, required: ["b"] }], $defs: { a: { type: "object", properties: { a: { type: "boolean" } }, required: ["a"] } } },
  "a pattern": { type: "string", pattern: "^a" },
  "a limit": { type: "integer", minimum: 1 },
  "others beside the known": { type: "object", properties: { a: { const: 1 } }, additionalProperties: { type: "boolean" } },
  "properties without a schema": { type: "object", required: ["a", "b"], additionalProperties: { type: "boolean" } },
  "a condition": { type: "boolean", not: { const: true } },
  "different items": { type: "array", items: { type: "boolean" }, uniqueItems: true },
  "very many": { type: "array", items: { const: 1 }, maxItems: 100_000 },
  "alternatives that overlap": { oneOf: [{ type: "integer" }, { type: "number" }] },
  "alternatives with something beside them": { type: "object", properties: { a: { const: 1 }, b: { const: 2 } }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
};

describe("a model held to a schema", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: Engine;
  before(async () => {
    folder = await temporaryFolder();
    engine = startEngine(await ensureBuiltinModel(folder.path), { parallel: 4, maxQueue: 100 });
    await engine.load();
  });
  after(async () => {
    await engine.stop();
    await folder[Symbol.asyncDispose]();
  });

  for (const [what, schema] of Object.entries({ ...exact, ...inexact })) {
    test(`says what fits where it has ${what}, and nothing else`, async () => {
      const fits = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
      const isExact = what in exact;
      assert.equal(gbnfOf(schema as Record<string, unknown>).exact, isExact);
      const answers = await Promise.all([0, 1, 2, 3, 4, 5].map((seed) => engine.generate({ messages: [user("hello")], schema: schema as Record<string, unknown>, temperature: seed === 0 ? 0 : 5, topP: 1, topK: 0, minP: 0, seed, maxTokens: 300 })));
      for (const { text, stopReason } of answers) {
        if (stopReason === "length") continue; // by chance a text or a list had no end
        const value: unknown = JSON.parse(text);
        if (isExact) assert.ok(fits(value), `${text}: ${JSON.stringify(fits.errors)}`);
      }
      assert.ok(answers.some(({ stopReason }) => stopReason === "end"), JSON.stringify(answers.map(({ text }) => text)));
    });
  }
});
