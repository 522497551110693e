import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GenerateRequest } from "../../../../servers/chat/engine/messages.ts";
import type { OpenAiChatOptions } from "../../../../servers/chat/openai/chat.ts";
import { type Answer, ask, begin, chatEndpoint, chatOf, chunk, eventsOf, hearing, says, send, stream } from "./endpoint.ts";

const error = (code: string, message: RegExp) => (thrown: Error & { code?: string }) => {
  assert.deepEqual([thrown.code, message.test(thrown.message)], [code, true], thrown.message);
  return true;
};

/** Resolves with how often the endpoint was asked, and what was heard of a reply. */
async function fails(answer: Answer, code: string, message: RegExp, { request = {}, ...options }: Partial<OpenAiChatOptions> & { readonly request?: Partial<GenerateRequest> } = {}) {
  await using server = await chatEndpoint(answer);
  const { tokens, onToken } = hearing();
  await assert.rejects(chatOf(server, options).generate({ ...ask, ...request }, { onToken }), error(code, message));
  return { count: server.asked.length, text: tokens.map(({ text }) => text).join("") };
}

describe("an endpoint that does not answer at first", () => {
  for (const [title, fail] of [
    ["has too much to do", (response) => send(response, 429, { error: { message: "slow down" } }, { "retry-after": "0" })],
    ["fails", (response) => send(response, 500, "oops")],
    ["hangs up", (response) => void response.destroy()],
    ["hangs up after it has begun to answer, before the first token", (response) => void begin(response, eventsOf([chunk({ role: "assistant", content: "" })])).destroy()],
    ["ends without a word", (response) => void begin(response).end()],
    ["says in its stream that it is overloaded", (response) => void begin(response, eventsOf([{ error: { message: "overloaded", code: 503 } }])).end()],
  ] as readonly (readonly [string, Answer])[]) {
    test(`is asked again when it ${title}, twice if need be`, async () => {
      await using server = await chatEndpoint((response, asked, count) => (count <= 2 ? fail(response, asked, count) : stream(response, says("Hello"))));
      const chat = chatOf(server);
      const said: string[] = [];
      chat.on("log", (_, line) => said.push(line));
      assert.equal((await chat.generate(ask)).text, "Hello");
      assert.equal(server.asked.length, 3);
      assert.match(said[0]!, /\/v1\/chat\/completions .*; trying again/);
    });
  }

  test("is given up after four attempts", async () => {
    const { count } = await fails((response) => send(response, 502, "bad gateway"), "endpoint-unavailable", /answered 502: bad gateway\. Given up after 4 attempts/);
    assert.equal(count, 4);
  });

  test("is not asked again once a part of the answer was heard", async () => {
    const { count, text } = await fails((response) => void begin(response, eventsOf([chunk({ content: "Hel" })])).write("data: {", () => response.destroy()), "endpoint-unavailable", /broke off/);
    assert.deepEqual([count, text], [1, "Hel"]);
  });

  test("has not answered when its stream ends in the middle", async () => {
    await fails((response) => void begin(response, eventsOf([chunk({ content: "Hel" })])).end(), "endpoint-unavailable", /broke off in the middle of the answer/);
  });
});

describe("an endpoint that refuses", () => {
  for (const [title, answer, message] of [
    ["a key", (response) => send(response, 401, { error: { message: "Incorrect API key provided: secret-key" } }), /answered 401: Incorrect API key provided: \(the key\)\. Check `apiKey:`/],
    ["a user", (response) => send(response, 403, { message: "forbidden" }), /answered 403: forbidden\. Check `apiKey:`/],
    ["a model", (response) => send(response, 404, { error: { message: "model 'small' not found" } }), /answered 404: model 'small' not found\. Check `url:` and `model:`/],
    ["what it has not got", (response) => send(response, 501, { error: { message: "no embeddings here" } }), /answered 501: no embeddings here/],
    ["a method, being something else", (response) => send(response, 405, "<h1>No</h1>"), /answered 405: <h1>No<\/h1>\. Check `url:`/],
    ["to stay where it is", (response) => send(response, 308, "", { location: "http://127.0.0.1:9/" }), /answered 308/],
    ["in its stream", (response) => stream(response, [{ error: { message: "bad image", code: 400 } }]), /failed at it: bad image/],
    ["in its stream, as older vLLM does", (response) => stream(response, [{ object: "error", message: "bad", code: 400 }]), /failed at it: bad/],
    ["by a page", (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>"), /sent no JSON: <html>Welcome/],
    ["by a line without an end", (response) => void begin(response, `data: ${"x".repeat(17 * 2 ** 20)}`), /sent more than 16 MiB in one piece/],
    ["by JSON without an end", (response) => void response.writeHead(200).write(`{"choices": "${"x".repeat(17 * 2 ** 20)}`), /sent more than 16 MiB in one piece/],
    ["by an event without an end", (response) => void begin(response, `data: ${"x".repeat(1000)}\n`.repeat(17 * 2 ** 10 + 500)), /sent more than 16 MiB in one piece/],
    ["by something else", (response) => stream(response, [{ hello: 1 }]), /sent something else than was asked for: expected `choices`, got \{"hello":1\}/],
  ] as readonly (readonly [string, Answer, RegExp])[]) {
    test(`${title} is asked once, and what it says is passed on without the key`, async () => {
      const { count } = await fails(answer, "endpoint-failed", message, { apiKey: "secret-key" });
      assert.equal(count, 1);
    });
  }

  test("in the middle of an answer ends it", async () => {
    const { text } = await fails((response) => stream(response, [chunk({ content: "Hel" }), { error: "out of memory" }]), "endpoint-failed", /failed at it: out of memory/);
    assert.equal(text, "Hel");
  });

  test("an option is named with it, by our own name", async () => {
    const refusal: Answer = (response) => send(response, 400, { error: { message: "Unrecognized request argument supplied: top_k", param: null } });
    await fails(refusal, "endpoint-failed", /supplied: top_k\. It does not take topK as it was given, in the request or in tools\.yaml/, { request: { topK: 3, temperature: 1 } });
    const strict: Answer = (response) => send(response, 422, { detail: [{ loc: ["body", "stop"], msg: "Extra inputs are not permitted" }] });
    await fails(strict, "endpoint-failed", /It does not take stop as/, { request: { stop: ["x"], seed: 1 } });
    const value: Answer = (response) => send(response, 400, { error: { message: "'temperature' does not support 0 with this model", param: "temperature" } });
    await fails(value, "endpoint-failed", /It does not take temperature as/, { request: { temperature: 0 } });
  });
});

describe("what an endpoint does not take, and nobody has asked for,", () => {
  test("is left out once that is known", async () => {
    await using server = await chatEndpoint((response, { body }) => {
      if ("stream_options" in body) return send(response, 400, { error: { message: "Unknown field: stream_options" } });
      if ("parallel_tool_calls" in body) return send(response, 400, { error: { message: "Unsupported parameter: 'parallel_tool_calls'" } });
      stream(response, says("Hello"));
    });
    const chat = chatOf(server);
    const request = { ...ask, functions: { clock: {} }, maxCalls: 1 };
    for (let time = 0; time < 2; time++) assert.equal((await chat.generate(request)).text, "Hello");
    assert.equal(server.asked.length, 4);
  });

  test("is said by the name that it wants, where that is another", async () => {
    await using server = await chatEndpoint((response, { body }) => {
      if ("max_tokens" in body) return send(response, 400, { error: { message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param: "max_tokens" } });
      stream(response, says("Hello"));
    });
    const chat = chatOf(server);
    for (let time = 0; time < 2; time++) await chat.generate({ ...ask, maxTokens: 5 });
    assert.deepEqual(server.asked.map(({ body }) => [body["max_tokens"], body["max_completion_tokens"]]), [[5, undefined], [undefined, 5], [undefined, 5]]);
  });
});

test("A silent endpoint is given up in its time, before the first token and after it, and the connection is closed", async () => {
  for (const [said, what] of [[null, "first token"], [eventsOf([chunk({ content: "Hel" })]), "further token"]] as const) {
    await using server = await chatEndpoint((response) => void (said === null ? undefined : begin(response, said)));
    await assert.rejects(chatOf(server, { silenceMs: 200 }).generate(ask), error("timeout", new RegExp(`no ${what} from http://127.* within 0\\.2 s\\..*silenceTimeout`)));
    await server.asked[0]!.ended;
    assert.equal(server.asked.length, 1);
  }
});

test("An endpoint whose comments keep the connection alive is not silent", async () => {
  await using server = await chatEndpoint((response) => {
    begin(response);
    let left = 20;
    const timer = setInterval(() => {
      if (left-- > 0) return void response.write(": still at it\n\n");
      clearInterval(timer);
      response.end(`${eventsOf(says("Hello"))}data: [DONE]\n\n`);
    }, 50);
  });
  assert.equal((await chatOf(server, { silenceMs: 800 }).generate(ask)).text, "Hello");
});

test("A key that no header may have is named without being told", async () => {
  await using server = await chatEndpoint();
  await assert.rejects(chatOf(server, { apiKey: "line\nbreak" }).generate(ask), (thrown: Error) => /has a character in it/.test(thrown.message) && !thrown.message.includes("break"));
});
