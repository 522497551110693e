import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import type { GenerateRequest, GenerateResult, Token } from "../../../../servers/chat/engine/messages.ts";
import { answerInForm } from "../../../../servers/chat/schema/answer.ts";
import { formOf } from "../../../../servers/chat/schema/form.ts";

const nested = (levels: number): object => (levels === 0 ? {} : { type: "array", items: nested(levels - 1) });

describe("a schema that is asked for", () => {
  for (const [what, schema, path] of [
    ["an unknown type", { type: "spaceship" }, "$.schema.type"],
    ["a keyword with the wrong value", { type: "object", properties: { a: { minLength: "x" } } }, "$.schema.properties.a.minLength"],
    ["a pattern that is none", { type: "string", pattern: "(" }, "$.schema"],
    ["a reference to nowhere", { type: "object", properties: { a: { $ref: "#/$defs/none" } } }, "$.schema.properties.a.$ref"],
    ["a reference to the net", { type: "array", items: { $ref: "https://example.org/schema" } }, "$.schema.items.$ref"],
    ["a reference that leads to itself", { $ref: "#" }, "$.schema.$ref"],
    ["references that lead to each other", { $defs: { a: { anyOf: [{ type: "object", properties: { b: { $ref: "#/$defs/b" } } }, { $ref: "#/$defs/b" }] }, b: { anyOf: [{ $ref: "#/$defs/a" }, { type: "null" }] } }, $ref: "#/$defs/a" }, "$.schema.$ref"],
    ["more levels than anybody reads", nested(80), "$.schema"],
    ["a property that nothing fits", { type: "object", properties: { a: false }, required: ["a"] }, "$.schema.properties.a"],
  ] as const) {
    test(`is refused for ${what}, with the place`, async () => {
      await assert.rejects(formOf(schema as Record<string, unknown>), (error) => error instanceof ToolError && error.code === "invalid-request" && String(error.facts["path"]).startsWith(path));
    });
  }

  test("is refused where its parts double with each level", async () => {
    const levels = Array.from({ length: 25 }, (_, n) => [`d${n}`, { anyOf: [1, 2].map(() => ({ allOf: [{ $ref: `#/$defs/d${n + 1}` }] })) }] as const);
    await assert.rejects(formOf({ $ref: "#/$defs/d0", $defs: { ...Object.fromEntries(levels), d25: { type: "string" } } }), { code: "invalid-request", message: /expected a smaller schema/ });
  });

  test("is looked at in the same turn, also where it asks for Ajv's own way to answer later", async () => {
    const form = await formOf({ $async: true, type: "string", pattern: "^a" });
    form.check({ text: '"a"', stopReason: "end" });
    assert.throws(() => form.check({ text: '"b"', stopReason: "end" }), { code: "answer-invalid" });
  });

  test("may be of an older draft, where it says so", async () => {
    const form = await formOf({ $schema: "http://json-schema.org/draft-07/schema#", definitions: { b: { const: 2 } }, type: "array", items: [{ const: 1 }, { $ref: "#/definitions/b" }] });
    form.check({ text: "[1,2]", stopReason: "end" });
    assert.throws(() => form.check({ text: "[1,3]", stopReason: "end" }), { code: "answer-invalid" });
  });

  test("names what does not fit, what was expected there, and what has cut an answer", async () => {
    const form = await formOf({ type: "object", properties: { name: { type: "string", pattern: "^[A-Z]" } }, required: ["name"] });
    form.check({ text: '{"name": "Ada"}', stopReason: "end" });
    assert.throws(() => form.check({ text: '{"name": "ada"}', stopReason: "end" }), { code: "answer-invalid", message: /the answer does not fit the schema: \$\.name: expected .*pattern.*, got string "ada"/ });
    assert.throws(() => form.check({ text: '{"name": "A', stopReason: "length" }), { code: "answer-invalid", message: /expected JSON, got .* at its end\. maxTokens cut it/ });
  });
});

describe("an answer of a form", () => {
  const request: GenerateRequest = { messages: [{ role: "user", content: "a name" }] };
  const result = (text: string, stopReason: GenerateResult["stopReason"] = "end"): GenerateResult => ({ text, thoughts: "", trimmed: 0, calls: [], parts: [], tokens: { prompt: 5, reused: 0, reply: 3 }, stopReason, milliseconds: { prompt: 1, reply: 2 } });
  /** A model that says these things one after another, each as two tokens behind a thought. */
  function scripted(...answers: GenerateResult[]) {
    const sent: Token[] = [];
    let held = 0;
    const calls = {
      generate: async (_: GenerateRequest, onToken: (token: Token) => void) => {
        const answer = answers.shift() ?? assert.fail("it was asked once more");
        onToken({ text: "hm", thought: true });
        for (const text of [answer.text.slice(0, 2), answer.text.slice(2)]) onToken({ text, thought: false });
        return answer;
      },
      onToken: (token: Token) => sent.push(token),
      onHeld: () => (held += 1),
    };
    return { calls, sent, answers, held: () => held };
  }
  const text = (sent: readonly Token[]): string[] => sent.filter(({ thought }) => !thought).map((token) => token.text);

  test("comes in pieces where a grammar knows all of it", async () => {
    const { calls, sent } = scripted(result('"Ada"'));
    assert.equal((await answerInForm(await formOf({ type: "string" }), request, calls)).text, '"Ada"');
    assert.deepEqual(text(sent), ['"A', 'da"']);
  });

  test("comes whole where it has to be looked at, and shows meanwhile that it is being written", async () => {
    const { calls, sent, held } = scripted(result('"Ada"'));
    await answerInForm(await formOf({ type: "string", pattern: "^A" }), request, calls);
    assert.deepEqual([text(sent), sent[0]?.thought, held()], [['"Ada"'], true, 2]);
  });

  test("is tried once more where it does not fit, and both are counted", async () => {
    const { calls, sent } = scripted(result('"Bea"'), result('"Ada"'));
    const { text: said, tokens } = await answerInForm(await formOf({ type: "string", pattern: "^A" }), request, calls);
    assert.deepEqual([said, tokens?.reply, text(sent)], ['"Ada"', 6, ['"Ada"']]);
  });

  test("is not tried a third time, nor with a seed, nor where it was cut", async () => {
    const form = await formOf({ type: "string", pattern: "^A" });
    for (const [asked, ...answers] of [[request, result('"B"'), result('"C"')], [{ ...request, seed: 1 }, result('"B"')], [request, result('"A', "length")]] as const) {
      const { calls, sent, answers: left } = scripted(...answers);
      await assert.rejects(answerInForm(form, asked, calls), { code: "answer-invalid" });
      assert.deepEqual([left, text(sent)], [[], []]);
    }
  });
});
