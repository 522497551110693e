import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Type } from "typebox";
import { grammarOf } from "../../../../servers/chat/schema/functions.ts";
import { argumentsOf } from "../../../../pipes/protocol/interfaces/arguments.ts";
import { withoutNulls } from "../../../../servers/chat/schema/nulls.ts";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a JSON Schema as a grammar's", () => {
  test("asks for what is required, and takes null for what is optional", () => {
    const schema = Type.Object({ query: Type.String({ description: "what to look for" }), k: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 5, description: "how many" })) });
    assert.deepEqual(plain(grammarOf(argumentsOf({ schema, args: [] }))), {
      type: "object",
      properties: {
        query: { type: "string", description: "what to look for" },
        k: { oneOf: [{ type: "integer" }, { type: "null" }], description: "how many, at least 1, at most 50, default 5 (optional: null leaves it out)" },
      },
    });
  });

  test("keeps choices, lists and objects, and says in words what a grammar cannot enforce", () => {
    const schema = {
      type: "object",
      properties: {
        mode: { enum: ["hybrid", "text"] },
        way: { anyOf: [{ const: "up" }, { type: "integer" }] },
        tags: { type: "array", items: { type: "string", pattern: "^a" }, maxItems: 3 },
        filter: { type: "object" },
        point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
        either: { type: ["string", "null"] },
      },
      required: ["mode", "way", "tags", "filter", "point", "either"],
    };
    assert.deepEqual(plain(grammarOf(schema)), {
      type: "object",
      properties: {
        mode: { enum: ["hybrid", "text"] },
        way: { oneOf: [{ const: "up" }, { type: "integer" }] },
        tags: { type: "array", items: { type: "string", description: 'pattern "^a"' }, maxItems: 3, description: "most items 3" },
        filter: { type: "object", properties: {}, additionalProperties: true },
        point: { type: "object", properties: { x: { type: "number" } } },
        either: { oneOf: [{ type: "string" }, { type: "null" }] },
      },
    });
  });

  test("takes any plain value where a schema says nothing, refers elsewhere, or has no end", () => {
    const anything = { type: ["string", "number", "boolean", "null"] };
    const endless: { type: string; items: unknown } = { type: "array", items: null };
    endless.items = endless;
    assert.deepEqual(grammarOf({}), anything);
    assert.deepEqual(grammarOf({ $ref: "#/$defs/x" }), anything);
    assert.deepEqual(grammarOf({ type: "spaceship" }), anything);
    assert.match(JSON.stringify(grammarOf(endless)), /^(\{"type":"array","items":){9}\{"type":\["string"/);
  });
});

describe("the schema of a tool that tells none", () => {
  test("is made of the words of its arguments, upstream's among them", () => {
    const arg = (name: string, type: string, required = true) => ({ name, type, required, description: name === "text" ? "what to say" : "", default: null });
    const args = [arg("text", "str"), arg("times", "int", false), arg("tags", "string[]"), arg("mode", '"a" | "b"'), arg("odd", "spaceship")];
    assert.deepEqual(argumentsOf({ args }), {
      type: "object",
      properties: {
        text: { type: "string", description: "what to say" },
        times: { type: "integer" },
        tags: { type: "array", items: { type: "string" } },
        mode: { anyOf: [{ const: "a" }, { const: "b" }] },
        odd: {},
      },
      required: ["text", "tags", "mode", "odd"],
    });
  });
});

test("A null that stands for an argument left out is taken away, one that the schema allows is not", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "integer" }, c: { type: ["string", "null"] }, d: { type: "object", properties: { e: { type: "string" }, f: { type: "string" } }, required: ["f"] } },
    required: ["a"],
  };
  assert.deepEqual(withoutNulls(schema, { a: null, b: null, c: null, d: { e: null, f: null } }), { a: null, c: null, d: { f: null } });
});
