import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GenerateRequest } from "../../../../servers/chat/engine/messages.ts";
import { ask, begin, chatEndpoint, chatOf, chunk, eventsOf, hearing, says, send, stream, USAGE, user } from "./endpoint.ts";

/** What a client hears of a reply, and its end. */
async function replyTo(chunks: readonly object[], request: Partial<GenerateRequest> = {}) {
  await using server = await chatEndpoint((response) => stream(response, chunks));
  const { tokens, onToken } = hearing();
  const result = await chatOf(server).generate({ ...ask, ...request }, { onToken });
  return { tokens: tokens.map(({ text, thought }) => (thought ? `(${text})` : text)), result, body: server.asked[0]!.body };
}

describe("a reply of an endpoint", () => {
  test("comes piece by piece, with the endpoint's own count of tokens", async () => {
    const { tokens, result } = await replyTo(says("Hello", " there"));
    assert.deepEqual(tokens, ["Hello", " there"]);
    const { milliseconds, ...rest } = result;
    assert.deepEqual(rest, { text: "Hello there", thoughts: "", trimmed: 0, tokens: { prompt: 7, reused: 3, reply: 2 }, stopReason: "end", calls: [], parts: [] });
    assert.ok(milliseconds.prompt > 0 && milliseconds.reply >= 0);
  });

  test("is heard while it is made, not when it is whole", async () => {
    let more!: () => void;
    const first = new Promise<void>((resolve) => (more = resolve));
    await using server = await chatEndpoint((response) => {
      begin(response, eventsOf([chunk({ content: "one" })]));
      void first.then(() => response.end(`${eventsOf([chunk({ content: " two" }, "stop")])}data: [DONE]\n\n`));
    });
    const heard: string[] = [];
    const { text } = await chatOf(server).generate(ask, {
      onToken: (token) => {
        heard.push(token.text);
        more();
      },
    });
    assert.deepEqual([heard, text], [["one", " two"], "one two"]);
  });

  test("is the same when its bytes come one by one, within characters, too", async () => {
    await using server = await chatEndpoint((response) => {
      const bytes = Buffer.from(`: comment\r\n\r\n${eventsOf(says("Grüße, ", "🦙"))}data: [DONE]\n\n`);
      begin(response);
      const next = (at: number): void => void (at === bytes.length ? response.end() : response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1)));
      next(0);
    });
    const { tokens, onToken } = hearing();
    const { text } = await chatOf(server).generate(ask, { onToken });
    assert.deepEqual([tokens.map((token) => token.text), text], [["Grüße, ", "🦙"], "Grüße, 🦙"]);
  });

  test("may come whole, from an endpoint that does not stream", async () => {
    await using server = await chatEndpoint((response) => send(response, 200, { choices: [{ message: { role: "assistant", content: "Hello", reasoning_content: "Hm" }, finish_reason: "stop" }], usage: USAGE }));
    const { tokens, onToken } = hearing();
    const { text, thoughts, tokens: counted } = await chatOf(server).generate(ask, { onToken });
    assert.deepEqual([text, thoughts, counted?.prompt, tokens.length], ["Hello", "Hm", 7, 2]);
  });

  test("may lack [DONE], as long as the model has said that it is through", async () => {
    await using server = await chatEndpoint((response) => begin(response).end(eventsOf(says("Hello")).trimEnd()));
    assert.equal((await chatOf(server).generate(ask)).text, "Hello");
  });

  test("may be kept open after [DONE]: that is not waited for", async () => {
    await using server = await chatEndpoint((response) => void begin(response, `${eventsOf(says("Hello"))}data: [DONE]\n\n`));
    assert.equal((await chatOf(server).generate(ask)).text, "Hello");
    await server.asked[0]!.ended;
  });

  test("is read past what is no piece of one, and past counts that are none", async () => {
    const odd = [{ choices: [null] }, { choices: [7] }, { choices: [{ delta: "x" }] }, chunk({ tool_calls: [null, "x"], content: 7 }), { choices: [], usage: { prompt_tokens: -1, completion_tokens: 2 } }];
    await using server = await chatEndpoint((response) => stream(response, [...odd, chunk({ content: "Hello" }), chunk({}, "stop")]));
    const { text, tokens } = await chatOf(server).generate(ask);
    assert.deepEqual({ text, tokens }, { text: "Hello", tokens: null });
  });

  test("has no count of tokens where the endpoint sends none", async () => {
    const { result } = await replyTo([chunk({ content: "Hello" }, "stop")]);
    assert.equal(result.tokens, null);
  });

  for (const [finish, request, reason] of [
    ["stop", {}, "end"],
    ["length", { maxTokens: 5 }, "length"],
    ["length", {}, "context"],
    ["content_filter", {}, "filter"],
    ["tool_calls", {}, "end"],
  ] as const) {
    test(`that ends by ${finish} ${"maxTokens" in request ? "with" : "without"} a limit is told to end by ${reason}`, async () => {
      assert.equal((await replyTo([chunk({ content: "x" }, finish)], request)).result.stopReason, reason);
    });
  }

  test("that a text of `stop` has ended is told so where the endpoint tells it", async () => {
    const last = { choices: [{ delta: {}, finish_reason: "stop", stop_reason: "END" }] };
    assert.equal((await replyTo([chunk({ content: "x" }), last], { stop: ["END"] })).result.stopReason, "stop");
    assert.equal((await replyTo([chunk({ content: "x" }), last], {})).result.stopReason, "end");
  });

  test("that the model refuses is what it says", async () => {
    assert.equal((await replyTo([chunk({ refusal: "I cannot" }), chunk({ refusal: " do that" }, "stop")])).result.text, "I cannot do that");
  });
});

describe("what a model thinks aloud", () => {
  for (const [title, chunks] of [
    ["as DeepSeek and vLLM send it", [chunk({ reasoning_content: "Hm" }), chunk({ reasoning_content: "…" }), chunk({ content: "Yes" }, "stop")]],
    ["as Ollama and OpenRouter send it", [chunk({ reasoning: "Hm", content: "" }), chunk({ reasoning: "…", content: null }), chunk({ content: "Yes" }, "stop")]],
    ["between marks in the text", [chunk({ content: "\n<th" }), chunk({ content: "ink>Hm" }), chunk({ content: "…</thi" }), chunk({ content: "nk>\n\nYes" }, "stop")]],
    ["as Mistral sends it", [chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm…" }] }] }), chunk({ content: [{ type: "text", text: "Yes" }] }, "stop")]],
  ] as const) {
    test(`is told from the answer, ${title}`, async () => {
      const { tokens, result } = await replyTo(chunks);
      assert.deepEqual([result.text, result.thoughts], ["Yes", "Hm…"]);
      assert.equal(tokens.join("").replaceAll(")(", ""), "(Hm…)Yes");
    });
  }
});

describe("calls of functions", () => {
  const functions = { weather: { description: "Tell the weather", schema: { type: "object", properties: { place: { type: "string" } } } }, clock: {} };

  test("are put together from their pieces, several at once, with what was said before", async () => {
    const call = (index: number, more: object): object => chunk({ tool_calls: [{ index, ...more }] });
    const { result, body } = await replyTo(
      [
        chunk({ content: "Let me look." }),
        call(0, { id: "a1", type: "function", function: { name: "weather", arguments: "" } }),
        call(1, { id: "a2", type: "function", function: { name: "clock", arguments: "" } }),
        call(0, { function: { arguments: '{"pla' } }),
        call(0, { function: { arguments: 'ce":"Oslo"}' } }),
        chunk({}, "tool_calls"),
      ],
      { functions },
    );
    assert.deepEqual(result.calls, [
      { name: "weather", params: { place: "Oslo" }, raw: "a1" },
      { name: "clock", params: {}, raw: "a2" },
    ]);
    assert.deepEqual(result.parts, ["Let me look."]);
    assert.deepEqual(body["tools"], [
      { type: "function", function: { name: "weather", description: "Tell the weather", parameters: functions.weather.schema } },
      { type: "function", function: { name: "clock", parameters: { type: "object", properties: {} } } },
    ]);
    assert.equal(body["parallel_tool_calls"], undefined);
  });

  test("may all have one index, or arguments as an object", async () => {
    const one = (id: string, place: unknown): object => ({ index: 0, id, function: { name: "weather", arguments: place } });
    const { result } = await replyTo([chunk({ tool_calls: [one("a", '{"place":"Oslo"}')] }), chunk({ tool_calls: [one("b", { place: "Rome" })] }), chunk({}, "stop")], { functions });
    assert.deepEqual(result.calls.map(({ params }) => params), [{ place: "Oslo" }, { place: "Rome" }]);
  });

  test("whose arguments are no JSON are passed on as text, for the check to refuse", async () => {
    const { result } = await replyTo([chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "weather", arguments: "{oops" } }] }, "tool_calls")], { functions });
    assert.deepEqual(result.calls, [{ name: "weather", params: "{oops", raw: "a" }]);
  });

  test("are no calls where nothing was offered", async () => {
    const { result } = await replyTo([chunk({ content: "No", tool_calls: [{ index: 0, id: "a", function: { name: "weather", arguments: "{}" } }] }, "tool_calls")]);
    assert.deepEqual([result.text, result.calls], ["No", []]);
  });

  test("are asked for one at a time where only one is left", async () => {
    assert.equal((await replyTo(says("x"), { functions, maxCalls: 1 })).body["parallel_tool_calls"], false);
  });

  test("and what came of them are part of the conversation, of earlier turns and of this one", async () => {
    const { body } = await replyTo(says("x"), {
      messages: [
        user("Weather?"),
        { role: "assistant", content: "", function_calls: [{ id: "call_1", name: "weather", arguments: { place: "Oslo" } }] },
        { role: "tool", content: "rain", id: "call_1" },
        { role: "assistant", content: "It rains." },
        user("And in Rome, now?"),
      ],
      turn: [
        "One moment.",
        { name: "weather", params: { place: "Rome" }, raw: "b7", result: "sun", first: true },
        { name: "clock", params: {}, result: { hour: 7 }, first: false },
        { name: "clock", params: "{oops", result: "8", first: true },
      ],
    });
    const call = (id: string, name: string, args: object) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } });
    assert.deepEqual(body.messages, [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: null, tool_calls: [call("call_1", "weather", { place: "Oslo" })] },
      { role: "tool", tool_call_id: "call_1", content: "rain" },
      { role: "assistant", content: "It rains." },
      { role: "user", content: "And in Rome, now?" },
      { role: "assistant", content: "One moment.", tool_calls: [call("b7", "weather", { place: "Rome" }), call("call00001", "clock", {})] },
      { role: "tool", tool_call_id: "b7", content: "sun" },
      { role: "tool", tool_call_id: "call00001", content: '{"hour":7}' },
      { role: "assistant", content: null, tool_calls: [call("call00002", "clock", {})] },
      { role: "tool", tool_call_id: "call00002", content: "8" },
    ]);
  });
});

describe("what an endpoint is asked", () => {
  test("is what was named, in tools.yaml or the request, and nothing of our own defaults", async () => {
    assert.deepEqual((await replyTo(says("x"))).body, { model: "small", messages: [{ role: "user", content: "Hello?" }], stream: true, stream_options: { include_usage: true } });
    await using server = await chatEndpoint();
    const chat = chatOf(server, { apiKey: "secret", sampling: { temperature: 0, topK: 5, stop: ["a"] } });
    await chat.generate({ ...ask, temperature: 1, topP: 0.5, minP: 0.1, repeatPenalty: 1.2, seed: 4, maxTokens: 9, stop: [] });
    const { model: _, messages: __, stream: ___, stream_options: ____, ...options } = server.asked[0]!.body;
    assert.deepEqual(options, { temperature: 1, top_p: 0.5, top_k: 5, min_p: 0.1, repetition_penalty: 1.2, seed: 4, max_tokens: 9 });
    assert.equal(server.asked[0]!.headers.authorization, "Bearer secret");
    chat.configure({ maxQueue: 1, sampling: { topK: 3 } });
    await chat.generate(ask);
    assert.deepEqual([server.asked[1]!.body["top_k"], server.asked[1]!.body["temperature"]], [3, undefined]);
  });

  test("has further fields that tools.yaml has sent along, which take the place of none of ours", async () => {
    await using server = await chatEndpoint();
    await chatOf(server, { extra: { reasoning_effort: "low", stream: false, temperature: 2 } }).generate({ ...ask, temperature: 1 });
    const { reasoning_effort: effort, stream: streams, temperature } = server.asked[0]!.body;
    assert.deepEqual([effort, streams, temperature], ["low", true, 1]);
  });

  test("has the schema of the answer", async () => {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const { result, body } = await replyTo(says('{"n"', ": 3}"), { schema });
    assert.deepEqual(body["response_format"], { type: "json_schema", json_schema: { name: "answer", schema, strict: false } });
    assert.equal(result.text, '{"n": 3}');
  });

  test("goes below the address, before what stands there behind a question mark, of which nothing is shown", async () => {
    await using server = await chatEndpoint((response) => send(response, 400, "no"));
    const refused = chatOf({ url: `${server.url}/?version=3&key=secret` }).generate(ask);
    await assert.rejects(refused, (error: Error) => error.message.includes("/v1/chat/completions answered 400") && !error.message.includes("secret"));
    assert.equal(server.asked[0]!.path, "POST /v1/chat/completions?version=3&key=secret");
  });

  test("goes with a name and a password, where the address has them", async () => {
    await using server = await chatEndpoint();
    const chat = chatOf({ url: server.url.replace("://", "://me:pass%20word@") });
    assert.equal((await chat.load()).url, server.url);
    await chat.generate(ask);
    assert.equal(server.asked[1]!.headers.authorization, `Basic ${Buffer.from("me:pass word").toString("base64")}`);
  });
});
