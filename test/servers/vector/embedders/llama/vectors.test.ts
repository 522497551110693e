import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LlamaEmbedder } from "../../../../../servers/vector/embedders/llama/embedder.ts";
import { temporaryFolder } from "../../../../temporary.ts";
import { cosine, lengthOf } from "../vectors.ts";
import { startEmbedder } from "./fixtures.ts";
import { tinyModel } from "./tiny.ts";

describe("a small model in llama.cpp", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  let embedder: LlamaEmbedder;
  before(async () => {
    folder = await temporaryFolder();
    path = await folder.write("tiny.gguf", tinyModel());
    embedder = startEmbedder(path, { parallel: 2 });
    await embedder.load();
  });
  after(async () => {
    await embedder.close();
    await folder[Symbol.asyncDispose]();
  });
  const one = async (text: string): Promise<Float32Array> => (await embedder.embed([text], "passage"))[0]!;

  test("is called by its name and its file, and says what it is", async () => {
    assert.match(embedder.id, /^gguf:tiny:[0-9a-f]{8}$/);
    assert.equal(embedder.dimensions, 128);
    const { architecture, contextSize, threads, prefixes } = await embedder.load();
    assert.deepEqual({ architecture, contextSize, threads, prefixes }, { architecture: "bert", contextSize: 256, threads: 1, prefixes: { query: "", passage: "" } });
  });

  test("has another id when its weights are others, though its header is the same", async () => {
    const bytes = tinyModel();
    bytes[bytes.length - 1]! ^= 1;
    await using other = startEmbedder(await folder.write("other.gguf", bytes));
    await other.load();
    assert.notEqual(other.id, embedder.id);
  });

  test("has another id when its passages begin otherwise, and the same when only queries do", async () => {
    const ids = await Promise.all([{ query: "query " }, { passage: "passage " }].map(async (prefixes) => {
      await using prefixed = startEmbedder(path, { prefixes });
      return (await prefixed.load()).id;
    }));
    assert.deepEqual(ids.map((id) => id === embedder.id), [true, false]);
  });

  test("makes vectors that are as similar as the texts", async () => {
    const text = await one("red car house river");
    assert.ok(Math.abs(lengthOf(text) - 1) < 1e-6);
    assert.ok(cosine(text, await one("river house car red")) > 0.999);
    const half = cosine(text, await one("red car tree bird"));
    const none = cosine(text, await one("tree bird fish engine"));
    assert.ok(half > 0.35 && half < 0.65 && none < 0.25, `${half}, ${none}`);
  });

  test("makes vectors of zeros for texts without content, among others and alone", async () => {
    const vectors = await embedder.embed(["", "red", " \n"], "passage");
    assert.deepEqual(vectors.map(lengthOf).map(Math.round), [0, 1, 0]);
    assert.deepEqual(await embedder.embed([], "query"), []);
  });

  test("keeps the order of texts that went in many pieces through two contexts", async () => {
    const words = ["red", "green", "blue", "car", "house", "river", "tree"];
    const single = await embedder.embed(words, "passage");
    const vectors = await embedder.embed(Array.from({ length: 700 }, (_, i) => `${words[i % 7]} `.repeat(1 + (i % 40))), "passage");
    for (const [i, vector] of vectors.entries()) assert.ok(cosine(vector, single[i % 7]!) > 0.99, `text ${i}`);
  });

  test("takes the beginning of a text that is too long, and says how many were", async () => {
    const said: string[] = [];
    embedder.on("log", (level, message) => level === "warn" && /more tokens/.test(message) && said.push(message));
    const [long, short] = await embedder.embed([`${"red ".repeat(300)}${"green ".repeat(300)}`, "red"], "passage");
    assert.ok(cosine(long!, short!) > 0.999);
    assert.deepEqual(said, ["1 of 2 texts had more tokens than the model takes (256); their vectors are of the beginning only"]);
  });

  test("puts before a text what the settings say, a query's before a query only", async () => {
    await using prefixed = startEmbedder(path, { prefixes: { query: "query tree ", passage: "passage " } });
    const [query] = await prefixed.embed(["red car"], "query");
    const [passage] = await prefixed.embed(["red car"], "passage");
    assert.ok(cosine(query!, await one("query tree red car")) > 0.999);
    assert.ok(cosine(passage!, await one("passage red car")) > 0.999);
  });

  test("puts before a text what its family was trained with, told by its name, unless the settings say otherwise", async () => {
    const e5 = await folder.write("e5.gguf", tinyModel({ name: "Multilingual E5 Small" }));
    await using named = startEmbedder(e5);
    assert.ok(cosine((await named.embed(["red car"], "query"))[0]!, await one("query: red car")) > 0.999);
    assert.ok(cosine((await named.embed(["red car"], "passage"))[0]!, await one("passage: red car")) > 0.999);
    await using plain = startEmbedder(e5, { prefixes: { query: "" } });
    assert.ok(cosine((await plain.embed(["red car"], "query"))[0]!, await one("red car")) > 0.999);
    assert.deepEqual((await plain.load()).prefixes, { query: "", passage: "passage: " });
  });
});
