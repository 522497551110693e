import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ToolClient, ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running } from "../../harness.ts";

const world = makeWorld();
let server: Running;
let odd: ToolClient;
before(async () => {
  server = await world.serve("test/fixtures/servers/odd.ts", "odd");
  odd = await ToolClient.connect("odd", { folder: world.pipes });
});
after(async () => {
  await odd.close();
  await server.kill();
  await world.close();
});

const collect = async (events: AsyncIterable<ToolEvent>): Promise<object[]> => {
  const all: object[] = [];
  for await (const { req_id: _id, ...event } of events) all.push(event);
  return all;
};
const shape = (of: string): Promise<object[]> => collect(odd.stream("shape", { of }));
const failure = async (promise: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error: unknown = await promise.then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ToolError, String(error));
  return { code: error.code, message: error.message };
};

for (const [of, ...events] of [
  ["nothing", { event: "ok" }],
  ["null", { event: "reply", value: null }],
  ["number", { event: "reply", value: 5 }],
  ["false", { event: "reply", value: false }],
  ["text", { event: "reply", text: "words" }],
  ["list", { event: "reply", value: [1, 2] }],
  ["fields", { event: "reply", a: 1 }],
  ["named", { event: "named", a: 1 }],
  ["date", { event: "reply", value: "1970-01-01T00:00:00.000Z" }],
  ["later", { event: "reply", a: 1 }],
  ["parts", { event: "reply", text: "a", done: false }, { event: "reply", b: 2, done: false }, { event: "reply", c: 3, text: "", done: true }],
  ["parts-at-once", { event: "reply", text: "a", done: false }, { event: "reply", text: "b", done: false }, { event: "reply", text: "", done: true }],
  ["parts-later", { event: "reply", text: "a", done: false }, { event: "reply", b: 2, done: false }, { event: "reply", c: 3, text: "", done: true }],
  ["no-parts", { event: "reply", done: true }],
  ["event-is-a-number", { event: "reply", value: { event: 5 } }],
  ["done-is-false", { event: "odd" }],
] as Array<[string, ...object[]]>) {
  test(`a handler that gives back ${of} is answered by ${events.map((event) => JSON.stringify(event)).join(", ")}`, async () => {
    assert.deepEqual(await shape(of), events);
  });
}

for (const of of ["bigint", "bigint-later", "bigint-part", "circle"]) {
  test(`a handler that gives back what JSON cannot say (${of}) is answered with an error`, async () => {
    const { code, message } = await failure(shape(of));
    assert.equal(code, "handler-failed");
    assert.match(message, /^shape failed: .*(BigInt|circular)/);
  });
}

test("news of a request cannot be its answer: whoever waits would wait for ever", async () => {
  assert.deepEqual(await failure(shape("interim-last")), {
    code: "handler-failed",
    message: "shape failed: 'progress' was to be the answer, but it never ends a request",
  });
});

test("a stream that breaks midway ends in the error, after its parts", async () => {
  const parts: unknown[] = [];
  const error = await failure(
    (async () => {
      for await (const part of odd.stream("shape", { of: "breaks-midway" })) parts.push(part["text"]);
    })(),
  );
  assert.deepEqual([parts, error.message], [["a"], "shape failed: midway"]);
});

for (const cmd of ["throw", "throw-later"]) {
  for (const [what, code, message] of [
    ["error", "handler-failed", `${cmd} failed: plain`],
    ["coded", "busy", "odd has 3 requests waiting already; try again later"],
    ["unsayable", "handler-failed", /failed/],
    ["text", "handler-failed", `${cmd} failed: just text`],
    ["number", "handler-failed", `${cmd} failed: 7`],
    ["nothing", "handler-failed", `${cmd} failed: undefined`],
    ["null", "handler-failed", `${cmd} failed: null`],
    ["bare", "handler-failed", `${cmd} failed: {}`],
    ["circle", "handler-failed", `${cmd} failed: a thrown object`],
    ["fields", "handler-failed", `${cmd} failed: {"message":"in a field"}`],
  ] as Array<[string, string, string | RegExp]>) {
    test(`${cmd}: a thrown ${what} is answered with ${code}`, async () => {
      const error = await failure(odd.call(cmd, { what }));
      assert.equal(error.code, code);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
    });
  }
}

test("an error's facts travel, and so does whether the request may be sent again", async () => {
  await assert.rejects(odd.call("throw", { what: "coded" }), (error) => {
    assert.ok(error instanceof ToolError);
    assert.deepEqual([error.facts, error.retryable, error.exitCode], [{ tool: "odd", queued: 3 }, true, 4]);
    return true;
  });
});

for (const [args, message] of [
  [{}, "$.a: expected integer, got nothing"],
  [{ a: "1", b: [] }, '$.a: expected integer, got string "1"'],
  [{ a: 1.5, b: [] }, "$.a: expected integer, got number 1.5"],
  [{ a: -1, b: [] }, "$.a: expected >= 0, got number -1"],
  [{ a: 1, b: {} }, "$.b: expected object[], got an object"],
  [{ a: 1, b: [{ name: "x" }, {}] }, "$.b[1].name: expected string, got nothing"],
  [{ a: 1, b: [{ name: null }] }, "$.b[0].name: expected string, got null"],
  [{ a: 1, b: [], kind: "z" }, '$.kind: expected "x" | "y", got string "z"'],
  [{ a: 1, b: [], kidn: "x" }, "$.kidn: expected one of a, b, kind, got an unknown argument"],
] as const) {
  test(`arguments ${JSON.stringify(args)} are refused: ${message}`, async () => {
    assert.deepEqual(await failure(odd.call("pair", args)), { code: "invalid-request", message: `invalid request: ${message}` });
  });
}

test("a command is found whatever the case of its letters", async () => {
  assert.equal((await odd.call("PAIR", { a: 2, b: [] }))["sum"], 2);
  assert.equal((await odd.call("mixed_case"))["text"], "mixed");
  assert.equal((await odd.call("MIXED_CASE"))["text"], "mixed");
});

for (const cmd of ["nonsense", "toString", "constructor", "__proto__", "hasOwnProperty", ""]) {
  test(`'${cmd}' is an unknown command, and the answer says which there are`, async () => {
    const error = await failure(odd.call(cmd));
    assert.equal(error.code, "unknown-command");
    assert.ok(error.message.startsWith(`unknown command '${cmd}'. odd knows shape, throw`), error.message);
  });
}

test("a command that differs by a dash is suggested", async () => {
  assert.equal((await failure(odd.call("throw_later"))).message, "unknown command 'throw_later'. Did you mean 'throw-later'?");
});

test("an argument named like the envelope does not replace it", async () => {
  const answer = await odd.call("anything", { cmd: "stop", pid: 1, req_id: "mine", other: true });
  assert.deepEqual([answer.event, answer["args"]], ["anything", '{"other":true}']);
});

test("keys that objects are born with are arguments like any other", async () => {
  const args = JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2}') as object;
  const answer = await odd.call("anything", args);
  assert.deepEqual(answer["keys"], ["__proto__", "constructor", "toString"]);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.match((await failure(odd.call("pair", { a: 1, b: [], ...args }))).message, /unknown argument/);
});

test("arguments nested too deeply to be said again do no harm", async () => {
  const { pid } = server;
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const answer = await odd.call("anything", { deep: JSON.parse(deep) as unknown }).catch((error: unknown) => error);
  assert.ok(answer instanceof ToolError || (answer as ToolEvent).event === "anything");
  assert.equal((await odd.call("ping")).event, "pong");
  assert.equal(server.pid, pid);
});

test("news reach a client that asked for them, and are not part of the answer", async () => {
  const news: unknown[] = [];
  const events = await collect(odd.stream("work", { steps: 2 }, { onInterim: ({ req_id: _id, ...event }) => news.push(event) }));
  assert.deepEqual(news, [
    { event: "queued", position: 1, reason: "somebody else is served" },
    { event: "progress", stage: "step", value: 1, total: 2 },
    { event: "progress", stage: "step", value: 2, total: 2 },
  ]);
  assert.deepEqual(events, [
    { event: "token", text: "1 ", done: false },
    { event: "token", text: "2 ", done: false },
    { event: "token", reason: "eos", text: "", done: true },
  ]);
});
