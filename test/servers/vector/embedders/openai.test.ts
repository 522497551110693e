import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OpenAiEmbedder, type OpenAiOptions } from "../../../../servers/vector/embedders/openai.ts";
import { type EndpointServer, send, sendVectors, serveEndpoint } from "./endpoint.ts";
import { lengthOf } from "./vectors.ts";

const embedderOf = ({ url }: { readonly url: string }, options: Partial<OpenAiOptions> = {}): OpenAiEmbedder =>
  new OpenAiEmbedder({ url, apiKey: null, model: "small", dimensions: null, prefixes: {}, pauseMs: 1, ...options });

const error = (code: string, message: RegExp) => (thrown: Error & { code?: string }) => {
  assert.equal(thrown.code, code);
  assert.match(thrown.message, message);
  return true;
};

describe("embeddings of an endpoint", () => {
  test("have unit length and the order of the texts, whatever the order of the answer; blank texts are not sent", async () => {
    await using server = await serveEndpoint();
    const embedder = embedderOf(server, { apiKey: "secret", prefixes: { query: "q: " } });
    assert.deepEqual(await embedder.load(), { id: "openai:small", dimensions: 3 });
    const vectors = await embedder.embed(["a", "", "long text"], "passage");
    assert.deepEqual(vectors.map((vector) => Math.round(vector[0]! / (vector[2]! || 1))), [1, 0, 9]);
    assert.deepEqual(vectors.map(lengthOf).map((length) => length.toFixed(4)), ["1.0000", "0.0000", "1.0000"]);
    await embedder.embed(["who"], "query");
    assert.deepEqual(server.asked.map(({ path, body }) => [path, body.input]), [
      ["POST /v1/embeddings", ["q: dimensions"]],
      ["POST /v1/embeddings", ["a", "long text"]],
      ["POST /v1/embeddings", ["q: who"]],
    ]);
    assert.equal(server.asked[0]!.headers.authorization, "Bearer secret");
    assert.equal(server.asked[0]!.body.model, "small");
  });

  test("come in several requests when there are many texts", async () => {
    await using server = await serveEndpoint();
    const texts = Array.from({ length: 300 }, (_, i) => "x".repeat(1 + i));
    const vectors = await embedderOf(server).embed(texts, "passage");
    assert.deepEqual(server.asked.map(({ body }) => body.input.length), [128, 128, 44]);
    assert.deepEqual(vectors.map((vector) => Math.round(vector[0]! / vector[2]!)), texts.map((text) => text.length));
    await embedderOf(server).embed(["y".repeat(150_000), "z".repeat(150_000)], "passage");
    assert.equal(server.asked.length, 5);
  });

  test("are of another space with another prefix of passages, which lie in an index, not with another one of queries", () => {
    const idOf = (prefixes: OpenAiOptions["prefixes"]): string => embedderOf({ url: "http://localhost" }, { prefixes }).id;
    assert.equal(idOf({ query: "q: " }), "openai:small");
    assert.match(idOf({ passage: "p: " }), /^openai:small:[0-9a-f]{8}$/);
    assert.notEqual(idOf({ passage: "p: " }), idOf({ passage: "d: " }));
  });

  test("may have the dimensions that were asked for, and are of another space then", async () => {
    await using server = await serveEndpoint();
    const embedder = embedderOf(server, { dimensions: 3 });
    await embedder.load();
    assert.equal(embedder.id, "openai:small:3");
    assert.equal(server.asked[0]!.body.dimensions, 3);
    await assert.rejects(embedderOf(server, { dimensions: 2 }).load(), error("endpoint-failed", /expected embeddings of 2 numbers, got one of 3/));
  });
});

describe("an endpoint that does not answer as it should", () => {
  const after = (times: number, status: number, headers: Record<string, string> = {}) =>
    serveEndpoint((response, asked, count) => (count <= times ? send(response, status, { error: { message: "not now" } }, headers) : sendVectors(response, asked)));
  const fails = async (server: EndpointServer, code: string, message: RegExp, options: Partial<OpenAiOptions> = {}): Promise<number> => {
    await assert.rejects(embedderOf(server, options).embed(["a", "b"], "passage"), error(code, message));
    return server.asked.length;
  };

  for (const status of [429, 500, 503]) {
    test(`is asked again after ${status}, which is said`, async () => {
      await using server = await after(2, status, { "retry-after": "0" });
      const embedder = embedderOf(server, { pauseMs: 1_000_000 });
      const said: string[] = [];
      embedder.on("log", (_, message) => said.push(message));
      assert.equal((await embedder.embed(["a"], "passage")).length, 1);
      assert.equal(server.asked.length, 3);
      assert.match(said[0]!, new RegExp(`/v1/embeddings answered ${status}: not now; trying again`));
    });
  }

  test("is given up after four attempts", async () => {
    await using server = await after(99, 500);
    assert.equal(await fails(server, "endpoint-unavailable", /answered 500: not now\. Given up after 4 attempts/), 4);
  });

  test("is not waited for longer than half a minute", async () => {
    await using server = await after(99, 429, { "retry-after": "3600" });
    assert.equal(await fails(server, "endpoint-unavailable", /answered 429: not now\. It asks for 3600 s of patience/), 1);
    await using dated = await after(99, 503, { "retry-after": new Date(Date.now() + 7_200_000).toUTCString() });
    assert.equal(await fails(dated, "endpoint-unavailable", /It asks for 7[12]\d\d s of patience/), 1);
  });

  test("is not asked again when it refuses; what it says is passed on", async () => {
    await using key = await serveEndpoint((response) => send(response, 401, { error: { message: "Incorrect API key" } }));
    assert.equal(await fails(key, "endpoint-failed", /answered 401: Incorrect API key\. Check `apiKey:`/), 1);
    await using page = await serveEndpoint((response) => send(response, 404, "<h1>Not\n found</h1>"));
    assert.equal(await fails(page, "endpoint-failed", /answered 404: <h1>Not found<\/h1>\. Check `url:`/), 1);
    await using moved = await serveEndpoint((response) => send(response, 307, "", { location: "http://127.0.0.1:9/" }));
    assert.equal(await fails(moved, "endpoint-failed", /answered 307/), 1);
  });

  for (const [title, body, message] of [
    ["sends no JSON", "<html>hello</html>", /sent no JSON: <html>hello/],
    ["sends something else", { ok: true }, /expected a list `data` of embeddings, got \{"ok":true\}/],
    ["sends too few", { data: [{ index: 0, embedding: [1] }] }, /expected 2 embeddings, got 1/],
    ["sends one twice", { data: [{ index: 0, embedding: [1] }, { index: 0, embedding: [1] }] }, /expected each `index` once, got 0/],
    ["sends a place that is none", { data: [{ index: 0, embedding: [1] }, { index: 2, embedding: [1] }] }, /expected each `index` once, got 2/],
    ["sends vectors of two lengths", { data: [{ index: 0, embedding: [1, 2] }, { index: 1, embedding: [1] }] }, /expected embeddings of 2 numbers, got one of 1/],
    ["sends no numbers", { data: [{ index: 0, embedding: "AACAPw==" }, { index: 1, embedding: [1] }] }, /expected an embedding as a list of numbers, got "AACAPw=="/],
  ] as const) {
    test(`is told from a good one when it ${title}`, async () => {
      await using server = await serveEndpoint((response) => send(response, 200, body));
      assert.equal(await fails(server, "endpoint-failed", message), 1);
    });
  }

  test("is given up when it stays silent, each time after its time", async () => {
    await using server = await serveEndpoint(() => undefined);
    assert.equal(await fails(server, "endpoint-unavailable", /gave no answer within 0\.03 s/, { timeoutMs: 30 }), 4);
  });

  test("is named when it is not there", async () => {
    const gone = await serveEndpoint();
    await gone[Symbol.asyncDispose]();
    assert.equal(await fails(gone, "endpoint-unavailable", /cannot be reached: connect ECONNREFUSED/), 0);
  });
});

test("A request to an endpoint ends at once when it is cancelled, waiting for another attempt or for the answer", async () => {
  let reached!: () => void;
  for (const answer of [() => reached(), (response: Parameters<typeof send>[0]) => (send(response, 503, "", { "retry-after": "20" }), reached())]) {
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    await using server = await serveEndpoint(answer);
    const cancel = new AbortController();
    const asked = embedderOf(server).embed(["a"], "query", cancel.signal);
    await arrived;
    cancel.abort();
    await assert.rejects(asked, { code: "cancelled" });
  }
});

test("An embedder of an endpoint that is closed ends what is under way, and takes nothing more", async () => {
  let reached!: () => void;
  const arrived = new Promise<void>((resolve) => (reached = resolve));
  await using server = await serveEndpoint(() => reached());
  const embedder = embedderOf(server);
  const asked = embedder.embed(["a"], "query");
  await arrived;
  await embedder.close();
  await assert.rejects(asked, { code: "stopping" });
  await assert.rejects(embedder.load(), { code: "stopping" });
});
