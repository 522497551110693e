import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Type } from "typebox";
import { base } from "../../../../pipes/protocol/interfaces/base.ts";
import { defineInterface, shapeOf } from "../../../../pipes/protocol/interfaces/define.ts";
import { supervisor } from "../../../../pipes/protocol/interfaces/supervisor.ts";
import { readChoices } from "../../../../servers/chat/tools/choice.ts";
import { functionsOf, named, offersOf } from "../../../../servers/chat/tools/offer.ts";
import { Collected, MOST_CHARACTERS } from "../../../../servers/chat/tools/result.ts";

const vector = shapeOf(
  defineInterface({
    name: "vector",
    description: "passages",
    commands: {
      search: { description: "Search", args: Type.Object({ query: Type.String() }), reply: "hits", readOnly: true, text: "query" },
      count: { description: "Count", args: Type.Object({}), reply: "count", readOnly: true },
      add: { description: "Add", args: Type.Object({ text: Type.String() }), reply: "added", idempotent: true },
    },
    events: {},
  }),
);
const names = (choice: { tool: string; cmd: string | null }, ...shapes: (typeof vector)[]): string[] => offersOf(choice, [shapeOf(base), ...shapes]).map(({ cmd }) => cmd);

describe("what a model is offered", () => {
  test("is of a tool what declares that it changes nothing, and any command that is named", () => {
    assert.deepEqual(names({ tool: "vector", cmd: null }, vector), ["search", "count"]);
    assert.deepEqual(names({ tool: "vector", cmd: "ADD" }, vector), ["add"]);
  });

  test("is never one of the daemon's commands that do something, unless it is named", () => {
    assert.deepEqual(names({ tool: "supervisor", cmd: null }, shapeOf(supervisor)), ["list", "status", "logs", "metrics"]);
    assert.deepEqual(names({ tool: "supervisor", cmd: "stop" }, shapeOf(supervisor)), ["stop"]);
  });

  test("is refused by name where a tool has nothing harmless, or not that command", () => {
    const writer = { ...vector, commands: vector.commands.filter(({ readOnly }) => readOnly !== true) };
    assert.throws(() => names({ tool: "writer", cmd: null }, writer), { code: "unsupported", message: /Name what the model may use: writer\.add/ });
    assert.throws(() => names({ tool: "vector", cmd: "serach" }, vector), { code: "invalid-request", message: /\(search, count, add\), got vector\.serach\. Did you mean 'vector\.search'\?/ });
    assert.throws(() => names({ tool: "vector", cmd: "ping" }, vector), { code: "invalid-request" });
  });

  test("has a name of letters, digits and _ that no other has", () => {
    const offers = [...offersOf({ tool: "my-docs", cmd: "search" }, [vector]), ...offersOf({ tool: "my.docs", cmd: null }, [vector]), ...offersOf({ tool: "my-docs", cmd: "search" }, [vector])];
    assert.deepEqual([...named(offers).keys()], ["my_docs_search", "my_docs_search_2", "my_docs_count"]);
    assert.deepEqual(functionsOf(named(offers))["my_docs_count"], { description: "Count" });
  });
});

describe("the names of tools", () => {
  test("may be a list, or have commas between, and name a command behind a dot", () => {
    const choices = readChoices(["vector,echo.count", " my.docs ", ""], "chat", (name) => name === "my.docs");
    assert.deepEqual(choices, [{ tool: "vector", cmd: null }, { tool: "echo", cmd: "count" }, { tool: "my.docs", cmd: null }]);
  });

  test("are not the asking tool's own, nor such as no tool can have", () => {
    assert.throws(() => readChoices(["chat.ask"], "chat", () => false), { code: "unsupported", message: /^chat cannot use itself as a tool/ });
    assert.throws(() => readChoices(["../etc"], "chat", () => false), { code: "invalid-name" });
  });
});

describe("the result of a call", () => {
  const of = (...events: { event: string; done?: boolean; [field: string]: unknown }[]): string => {
    const collected = new Collected();
    for (const [at, event] of events.entries()) collected.take({ ...event, req_id: 1 }, at === events.length - 1);
    const outcome = collected.outcome();
    assert.ok(outcome.ok);
    return outcome.text;
  };

  test("is the text of a stream, the one field of an event, or its fields", () => {
    assert.equal(of({ event: "count", text: "1 ", done: false }, { event: "count", text: "2", done: false }, { event: "count", text: "", tokens: {}, done: true }), "1 2");
    assert.equal(of({ event: "echo", data: "hello" }), "hello");
    assert.equal(of({ event: "hits", hits: [1] }), "[1]");
    assert.equal(of({ event: "x", a: 1, b: "c" }), '{"a":1,"b":"c"}');
    assert.equal(of({ event: "reply", text: "said" }), "said");
    assert.equal(of({ event: "ok" }), "ok");
    assert.equal(of({ event: "log", entry: 1, done: false }, { event: "log", done: true }), '{"entry":1}\n');
  });

  test("is bounded, and says what was left out", () => {
    const long = of({ event: "x", text: "a".repeat(3 * MOST_CHARACTERS) });
    assert.ok(long.length < MOST_CHARACTERS + 100);
    assert.equal(long.slice(MOST_CHARACTERS), "\n[cut here: 16000 further characters were left out]");
  });
});
