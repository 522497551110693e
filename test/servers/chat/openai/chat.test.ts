import assert from "node:assert/strict";
import { globalAgent, type ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { serveEndpoint } from "../../../engines/endpoint/serve.ts";
import { type Answer, ask, begin, chatEndpoint, chatOf, chunk, eventsOf, says, send, stream, user } from "./endpoint.ts";

describe("a model at an endpoint", () => {
  test("is found when it is loaded, with its context where the endpoint tells it, and asked for once", async () => {
    await using server = await chatEndpoint();
    const chat = chatOf(server, { apiKey: "secret" });
    assert.equal(chat.phase, "down");
    const { seconds, ...model } = await chat.load();
    assert.deepEqual(model, { backend: "openai", url: server.url, name: "small", contextSize: 4096, parallel: 2 });
    assert.ok(seconds >= 0);
    assert.equal(await chat.load(), await chat.load());
    assert.deepEqual([chat.phase, server.asked.length, server.asked[0]!.headers.authorization], ["ready", 1, "Bearer secret"]);
    assert.equal((await chatOf(server, { model: "big" }).load()).contextSize, null);
  });

  test("has its context told by llama.cpp's server among other facts", async () => {
    await using server = await serveEndpoint((response) => send(response, 200, { data: [{ id: "small", meta: { n_ctx: 2048, n_ctx_train: 4096 } }] }));
    assert.equal((await chatOf(server).load()).contextSize, 2048);
  });

  for (const [title, ids, name] of [
    ["by Ollama's short name", ["llama3:latest"], "llama3"],
    ["by Google's", ["models/gemini-pro"], "gemini-pro"],
  ] as const) {
    test(`is found ${title}`, async () => {
      await using server = await serveEndpoint((response) => send(response, 200, { data: ids.map((id) => ({ id })) }));
      assert.equal((await chatOf(server, { model: name }).load()).name, name);
    });
  }

  for (const [title, answer] of [
    ["lists no models", (response) => send(response, 404, "not found")],
    ["has an empty list", (response) => send(response, 200, { data: [] })],
    ["has more of them than it lists", (response) => send(response, 200, { data: [{ id: "other" }], has_more: true })],
    ["lists them in another way", (response) => send(response, 200, { models: ["other"] })],
  ] as readonly (readonly [string, (response: ServerResponse) => void])[]) {
    test(`is taken on trust from an endpoint that ${title}`, async () => {
      await using server = await serveEndpoint(answer);
      assert.equal((await chatOf(server).load()).contextSize, null);
    });
  }

  test("that is not there is named, with what may have been meant, and looked for again at the next load", async () => {
    await using server = await chatEndpoint();
    await assert.rejects(chatOf(server, { model: "smal" }).load(), { code: "endpoint-failed", message: /has no model 'smal'\. Did you mean 'small'\?/ });
    const chat = chatOf(server, { model: "gpt-4o" });
    await assert.rejects(chat.load(), { code: "endpoint-failed", message: /has no model 'gpt-4o'\. It has small, big/ });
    assert.equal(chat.phase, "failed");
    await assert.rejects(chat.load(), { code: "endpoint-failed" });
    assert.equal(server.asked.length, 3);
  });

  test("cannot be loaded with a wrong key, or where nobody listens; that is said while it is tried", async () => {
    await using server = await serveEndpoint((response) => send(response, 401, { error: { message: "no" } }));
    await assert.rejects(chatOf(server).load(), { code: "endpoint-failed", message: /answered 401: no\. Check `apiKey:`/ });
    const gone = await chatEndpoint();
    await gone[Symbol.asyncDispose]();
    const chat = chatOf(gone);
    let told = 0;
    chat.on("progress", () => told++);
    await assert.rejects(chat.load(), { code: "endpoint-unavailable", message: /cannot be reached: connect ECONNREFUSED.*Given up after 4 attempts/ });
    assert.equal(told, 3);
  });

  test("makes vectors of unit length, in order, of zeros for blank texts", async () => {
    await using server = await chatEndpoint((response, { path, body }) => {
      assert.equal(path, "POST /v1/embeddings");
      const input = body["input"] as string[];
      send(response, 200, { data: input.map((text, index) => ({ index, embedding: [text.length, 0] })).reverse() });
    });
    assert.deepEqual(await chatOf(server).embed(["abc", " ", "de"]), [[1, 0], [0, 0], [1, 0]]);
    assert.deepEqual(server.asked[0]!.body["input"], ["abc", "de"]);
  });

  test("cannot be asked to count tokens", async () => {
    await using server = await chatEndpoint();
    await assert.rejects(chatOf(server).countTokens(), { code: "unsupported", message: /chat cannot count tokens/ });
  });
});

/** An endpoint that answers only when it is told to, the oldest request first. */
async function patient() {
  const held: ServerResponse[] = [];
  let arrived: () => void = () => undefined;
  const answer: Answer = (response) => {
    held.push(response);
    arrived();
  };
  const server = await chatEndpoint(answer);
  return Object.assign(server, {
    release: () => stream(held.shift()!, says("Hello")),
    async until(count: number) {
      while (server.asked.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    },
  });
}

describe("requests to an endpoint", () => {
  test("go side by side, as many as may; the others wait in order, are told their place, and beyond the queue are refused", async () => {
    await using server = await patient();
    const chat = chatOf(server, { parallel: 2, maxQueue: 2 });
    const places: string[] = [];
    const requests = [0, 1, 2, 3].map((n) => chat.generate({ messages: [user(`${n}`)] }, { onQueued: (place) => places.push(`${n}:${place}`) }));
    await server.until(2);
    assert.deepEqual([chat.counts, places], [{ active: 2, waiting: 2 }, ["2:1", "3:2"]]);
    await assert.rejects(chat.generate(ask), { code: "busy", message: /chat has 2 requests waiting already/ });
    const further = chat.generate({ ...ask, turn: [{ name: "clock", params: {}, result: "7", first: true }] });
    assert.equal(chat.counts.waiting, 3, "what goes on with a request that was let in is let in");
    server.release();
    await server.until(3);
    assert.deepEqual(places, ["2:1", "3:2", "3:1"]);
    for (let n = 3; n <= 5; n++) {
      server.release();
      if (n < 5) await server.until(n + 1);
    }
    server.release();
    await Promise.all([...requests, further]);
    assert.deepEqual(server.asked.map(({ body }) => body.messages[0]!.content), ["0", "1", "2", "3", "Hello?"]);
    assert.deepEqual(chat.counts, { active: 0, waiting: 0 });
  });

  test("end at once when they are cancelled: the endpoint sees its connection close, before a token and after one", async () => {
    for (const said of [null, eventsOf([chunk({ content: "Hel" })])]) {
      let reached!: () => void;
      const arrived = new Promise<void>((resolve) => (reached = resolve));
      await using server = await chatEndpoint((response) => (said === null ? reached() : void begin(response, said)));
      const cancel = new AbortController();
      const asked = chatOf(server).generate(ask, { signal: cancel.signal, onToken: () => reached() });
      await arrived;
      cancel.abort();
      await assert.rejects(asked, { code: "cancelled" });
      await server.asked[0]!.ended;
    }
  });

  test("that wait leave the queue when they are cancelled, and never reach the endpoint", async () => {
    await using server = await patient();
    const chat = chatOf(server, { parallel: 1 });
    const first = chat.generate(ask);
    await server.until(1);
    const cancel = new AbortController();
    const second = chat.generate(ask, { signal: cancel.signal });
    cancel.abort();
    await assert.rejects(second, { code: "cancelled" });
    await assert.rejects(chat.generate(ask, { signal: cancel.signal }), { code: "cancelled" });
    server.release();
    await first;
    assert.deepEqual([server.asked.length, chat.counts], [1, { active: 0, waiting: 0 }]);
  });

  test("end when the engine is stopped, under way or waiting, and none is taken any more", async () => {
    await using server = await patient();
    const chat = chatOf(server, { parallel: 1 });
    const both = [chat.generate(ask), chat.generate(ask)];
    await server.until(1);
    const ended = Promise.all(both.map((request) => assert.rejects(request, { code: "stopping" })));
    await chat.stop();
    await ended;
    await server.asked[0]!.ended;
    await assert.rejects(chat.generate(ask), { code: "stopping" });
    await assert.rejects(chat.load(), { code: "stopping" });
    assert.equal(chat.phase, "stopped");
  });

  test("use one connection one after the other", async () => {
    const ports = new Set<number>();
    await using server = await chatEndpoint((response) => {
      ports.add(response.socket!.remotePort!);
      stream(response, says("Hello"));
    });
    const chat = chatOf(server);
    for (let time = 0; time < 3; time++) {
      await chat.generate(ask);
      // The end of an answer comes behind its last word.
      while (globalAgent.freeSockets[`127.0.0.1:${server.port}:`] === undefined) await new Promise(setImmediate);
    }
    assert.equal(ports.size, 1);
  });
});

test("Whoever waits for an endpoint hears every ten seconds that it is still waited for, and no more once it has answered", async (t) => {
  await using server = await patient();
  t.mock.timers.enable({ apis: ["setInterval"] });
  let news = 0;
  const asked = chatOf(server).generate(ask, { onAlive: () => (news += 1) });
  await server.until(1);
  t.mock.timers.tick(29_000);
  assert.equal(news, 2);
  server.release();
  await asked;
  t.mock.timers.tick(60_000);
  assert.equal(news, 2);
});
