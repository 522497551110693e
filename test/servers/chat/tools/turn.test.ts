import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import type { GenerateRequest, GenerateResult, ModelCall } from "../../../../servers/chat/engine/messages.ts";
import { named, type Offer } from "../../../../servers/chat/tools/offer.ts";
import { LEFT_OUT, type Outcome } from "../../../../servers/chat/tools/result.ts";
import { takeTurn } from "../../../../servers/chat/tools/turn.ts";

const offer = (other: Partial<Offer> = {}): Offer => ({
  tool: "library",
  cmd: "search",
  description: "Search",
  schema: { type: "object", properties: { query: { type: "string" }, k: { type: "integer" } }, required: ["query"] },
  text: "query",
  ...other,
});
const step = (text: string, ...calls: ModelCall[]): GenerateResult => ({
  text,
  thoughts: "",
  trimmed: 0,
  calls,
  parts: calls.length === 0 || text === "" ? [] : [text],
  tokens: { prompt: 10, reused: 0, reply: 2 },
  stopReason: "end",
  milliseconds: { prompt: 1, reply: 1 },
});
const search = (params: unknown): ModelCall => ({ name: "library_search", params, raw: ["raw"] });
const request: GenerateRequest = { messages: [{ role: "user", content: "where is it?" }] };

const resultIn = (given: GenerateRequest | undefined, place: number): unknown => {
  const part = given?.turn?.[place];
  return typeof part === "object" && "result" in part ? part.result : assert.fail("no result is there");
};

/** A model that says these things one after another, and what it was given each time. */
function scripted(...steps: (GenerateResult | ToolError)[]) {
  const seen: GenerateRequest[] = [];
  const asked: unknown[] = [];
  const shortened: [number, number][] = [];
  const run = (maxCalls: number, outcome: Outcome = { ok: true, text: "found" }, offers = [offer()], more: Partial<GenerateRequest> = {}) =>
    takeTurn({ ...request, ...more }, named(offers), maxCalls, {
      generate: (given) => {
        seen.push(given);
        const next = steps.length > 1 ? steps.shift()! : steps[0]!;
        return next instanceof ToolError ? Promise.reject(next) : Promise.resolve(next);
      },
      perform: (_, args) => {
        asked.push(args);
        return Promise.resolve(outcome);
      },
      onShortened: (from, to) => shortened.push([from, to]),
    });
  return { run, seen, asked, shortened };
}

describe("a turn of the model's", () => {
  test("goes on when the model calls what there is not, and is told so", async () => {
    const { run, seen, asked } = scripted(step("", { name: "find", params: {} }), step("There."));
    assert.equal((await run(5)).text, "There.");
    assert.deepEqual([resultIn(seen[1], 0), asked], [{ error: "there is no function find; there are library_search" }, []]);
  });

  test("goes on with what came of a call, and counts all that was generated", async () => {
    const { run, seen, asked } = scripted(step("Let me see. ", search({ query: "it" })), step("There."));
    const { text, performed, tokens } = await run(5, { ok: true, text: '{"hits": []}' });
    assert.deepEqual({ text, performed, tokens }, { text: "Let me see. There.", performed: 1, tokens: { prompt: 10, reused: 0, reply: 4 } });
    assert.deepEqual(asked, [{ query: "it" }]);
    assert.equal(seen[0]?.turn, undefined);
    assert.deepEqual(seen[1]?.turn?.[0], "Let me see. ");
    assert.deepEqual(resultIn(seen[1], 1), { hits: [] });
  });

  test("offers nothing any more after so many calls, so that the model has to answer", async () => {
    const calling = step("", search({ query: "a" }), search({ query: "b" }));
    const { run, seen, asked } = scripted(calling, calling, step("enough"));
    const { text, performed } = await run(3);
    assert.deepEqual({ text, performed }, { text: "enough", performed: 3 });
    assert.deepEqual(asked, [{ query: "a" }, { query: "b" }, { query: "a" }]);
    assert.deepEqual(seen.map(({ functions, maxCalls }) => [functions !== undefined, maxCalls]), [[true, 3], [true, 1], [false, undefined]]);
  });

  test("ends where a model calls although nothing is offered any more, as one of an endpoint may", async () => {
    const calling = step("", search({ query: "a" }));
    const { run, asked } = scripted(calling, calling);
    const { performed, calls } = await run(1);
    assert.deepEqual([performed, calls, asked], [1, [], [{ query: "a" }]]);
  });

  test("tells the model of a call that failed", async () => {
    const { run, seen } = scripted(step("", search({ query: "a" })), step("so be it"));
    assert.equal((await run(5, { ok: false, code: "timeout", message: "no answer" })).text, "so be it");
    assert.deepEqual(resultIn(seen[1], 0), { error: "no answer" });
  });

  test("takes the user's words for the one text that a harmless command needs, where the model gave none, and writes the call so", async () => {
    const { run, seen, asked } = scripted(step("", search({ query: " ", k: 3 })), step(""));
    await run(5);
    assert.deepEqual(asked, [{ query: "where is it?", k: 3 }]);
    const [part] = seen[1]?.turn ?? [];
    assert.ok(typeof part === "object" && "params" in part);
    assert.deepEqual([part.params, part.raw], [{ query: "where is it?", k: 3 }, undefined]);
    const harmful = scripted(step("", search({ query: "" })), step(""));
    await harmful.run(5, undefined, [offer({ text: null })]);
    assert.deepEqual(harmful.asked, [{ query: "" }]);
  });

  test("halves the longest result until the context holds it, and says so in it", async () => {
    const overflow = new ToolError("context-overflow", { tokens: 9, limit: 5 });
    const { run, seen, shortened } = scripted(step("", search({ query: "a" })), overflow, overflow, step("done"));
    assert.equal((await run(5, { ok: true, text: "x".repeat(1000) })).text, "done");
    assert.equal(shortened.length, 2);
    assert.match(String(resultIn(seen.at(-1), 0)), /^x{150,300}\n\[cut here: \d+ further characters were left out\]/);
  });

  test("leaves a result out before it gives up, and gives up when it is not the results that are too long", async () => {
    const overflow = new ToolError("context-overflow", { tokens: 9, limit: 5 });
    const { run, seen } = scripted(step("", search({ query: "a" })), overflow);
    await assert.rejects(run(5, { ok: true, text: "x".repeat(300) }), { code: "context-overflow" });
    assert.equal(resultIn(seen.at(-1), 0), LEFT_OUT);
  });

  test("ends at a call of the request's own functions, and performs nothing else of that reply", async () => {
    const own = { clock: { description: "tell the time" } };
    const { run, seen, asked } = scripted(step("", search({ query: "a" })), step("Well. ", { name: "clock", params: {} }, search({ query: "b" })));
    const { calls, performed, text } = await run(5, undefined, undefined, { functions: own });
    assert.deepEqual([calls.map(({ name }) => name), performed, text], [["clock"], 1, "Well. "]);
    assert.deepEqual(asked, [{ query: "a" }]);
    assert.deepEqual(Object.keys(seen[0]?.functions ?? {}), ["clock", "library_search"]);
  });

  test("still has the request's own functions when no tool is offered any more", async () => {
    const { run, seen } = scripted(step("", search({ query: "a" })), step("enough"));
    await run(1, undefined, undefined, { functions: { clock: {} } });
    assert.deepEqual(seen.map(({ functions = {} }) => Object.keys(functions)), [["clock", "library_search"], ["clock"]]);
  });

  test("drafts before an answer by a schema as long as there is something to call, and goes on from the draft", async () => {
    const schema = { type: "boolean" };
    const { run, seen } = scripted(step("Let me see. ", search({ query: "a" })), step("It seems so."), step("true"));
    const { text, tokens } = await run(5, undefined, undefined, { schema });
    assert.deepEqual([text, tokens?.reply], ["true", 6]);
    assert.deepEqual(seen.map((given) => [given.schema, given.functions !== undefined]), [[undefined, true], [undefined, true], [schema, true]]);
    assert.equal(seen[2]?.turn?.at(-1), "It seems so.\n");
    const bare = scripted(step("true"));
    await bare.run(5, undefined, [], { schema });
    assert.deepEqual(bare.seen.map((given) => [given.schema, given.functions]), [[schema, undefined]]);
  });
});
