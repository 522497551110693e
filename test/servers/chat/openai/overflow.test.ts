import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { overflowIn } from "../../../../servers/chat/openai/overflow.ts";
import { ask, chatEndpoint, chatOf, says, send, stream } from "./endpoint.ts";

const said = (message: string, more: object = {}): string => JSON.stringify({ error: { message, ...more } });

describe("a conversation that is too long is known by what is said of it", () => {
  for (const [who, text, tokens, limit] of [
    ["OpenAI", said("This model's maximum context length is 4097 tokens. However, your messages resulted in 5012 tokens. Please reduce the length of the messages.", { code: "context_length_exceeded" }), 5012, 4097],
    ["OpenAI, with a limit of the reply", said("This model's maximum context length is 4097 tokens. However, you requested 4500 tokens (3500 in the messages, 1000 in the completion)."), 4500, 4097],
    ["vLLM", said("This model's maximum context length is 2048 tokens. However, your request has 2500 input tokens. Please reduce the length of the input messages."), 2500, 2048],
    ["older vLLM", JSON.stringify({ object: "error", message: "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens (2000 in the messages, 100 in the completion).", code: 400 }), 2100, 2048],
    ["OpenRouter", said("This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (139000 of text input, 1000 in the output)."), 140_000, 131_072],
    ["llama.cpp", said("the request exceeds the available context size, try increasing it", { type: "exceed_context_size_error", n_prompt_tokens: 5000, n_ctx: 4096 }), 5000, 4096],
    ["llama.cpp, without fields", said("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it"), 5000, 4096],
    ["Anthropic", said("prompt is too long: 210000 tokens > 200000 maximum"), 210_000, 200_000],
    ["LM Studio", said("Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens"), 5000, 4096],
  ] as const) {
    test(`by ${who}`, () => {
      assert.deepEqual(overflowIn(text)?.facts, { tokens, limit, hint: "Shorten it; the endpoint has no room for more" });
    });
  }

  for (const [title, text] of [
    ["a limit of the reply that is too great", said("'max_tokens' is too large: 30000. This model's maximum context length is 32768 tokens and your request has 5000 input tokens")],
    ["what has no numbers", said("the input length exceeds the context length")],
    ["something else", said("Invalid value for 'temperature': 3 tokens")],
    ["no JSON", "<html>502</html>"],
  ] as const) {
    test(`and told from ${title}`, () => assert.equal(overflowIn(text), null));
  }
});

test("A conversation that is too long for an endpoint is refused as such, by a status or in the stream", async () => {
  const error = { message: "request (5000 tokens) exceeds the available context size (4096 tokens)", code: 400 };
  for (const answer of [(response: Parameters<typeof send>[0]) => send(response, 500, { error }), (response: Parameters<typeof send>[0]) => stream(response, [{ error }])]) {
    await using server = await chatEndpoint(answer);
    await assert.rejects(chatOf(server).generate(ask), { code: "context-overflow", message: "the conversation has 5000 tokens, the model's context holds 4096. Shorten it; the endpoint has no room for more" });
    assert.equal(server.asked.length, 1);
  }
});

describe("a conversation that may be trimmed", () => {
  const turn = (role: "user" | "assistant", n: number) => ({ role, content: `${n} ${"word ".repeat(40)}` });
  const messages = [{ role: "system" as const, content: "Be brief" }, ...Array.from({ length: 20 }, (_, n) => [turn("user", n), turn("assistant", n)]).flat(), { role: "user" as const, content: "And now?" }];
  /** Takes so many characters, and says it as llama.cpp does. */
  const narrow = (limit: number) =>
    chatEndpoint((response, { body }) => {
      const tokens = JSON.stringify(body.messages).length;
      if (tokens <= limit) return stream(response, says("Hello"));
      send(response, 400, { error: { message: `request (${tokens} tokens) exceeds the available context size (${limit} tokens)` } });
    });

  test("is sent again without its oldest turns, which is told; what the system says stays", async () => {
    await using server = await narrow(4000);
    const result = await chatOf(server).generate({ messages, overflow: "trim" });
    const sent = server.asked.at(-1)!.body.messages;
    assert.deepEqual([result.text, sent[0]!.role, sent[1]!.role, sent.at(-1)!.content], ["Hello", "system", "user", "And now?"]);
    assert.equal(result.trimmed, messages.length - sent.length);
    assert.ok(sent.length > 10 && JSON.stringify(sent).length <= 3000, `${sent.length} messages were sent`);
    assert.equal(server.asked.length, 2);
  });

  test("is refused where not even its end fits, or where it may not be trimmed", async () => {
    await using server = await narrow(50);
    await assert.rejects(chatOf(server).generate({ messages, overflow: "trim" }), { code: "context-overflow" });
    await assert.rejects(chatOf(server).generate({ messages, overflow: "refuse" }), { code: "context-overflow" });
  });
});
