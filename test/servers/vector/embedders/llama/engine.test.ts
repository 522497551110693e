import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { string, strings, writeGguf } from "../../../../../models/gguf.ts";
import { builtinModel } from "../../../../../servers/chat/builtin/model.ts";
import { temporaryFolder } from "../../../../temporary.ts";
import { startEmbedder } from "./fixtures.ts";
import { tinyModel, tinyParts, vocabulary } from "./tiny.ts";

/** Each of these files is wrong in one way. */
const broken: ReadonlyArray<{ title: string; bytes: () => string | Uint8Array; code: string; reason: RegExp }> = [
  { title: "is cut in its weights", bytes: () => tinyModel().subarray(0, 300_000), code: "model-corrupt", reason: /truncated: expected \d+ bytes, it has 300000/ },
  { title: "is a web page", bytes: () => "<!doctype html><title>Sign in</title>", code: "model-corrupt", reason: /begins with "<!do"/ },
  { title: "is a model for chat", bytes: builtinModel, code: "model-unfit", reason: /cannot be used for embeddings: its header names no way .*llama\.pooling_type/ },
  { title: "names no pooling", bytes: () => tinyModel({ pooling: null }), code: "model-unfit", reason: /bert\.pooling_type/ },
  { title: "compares pairs of texts", bytes: () => tinyModel({ pooling: 4 }), code: "model-unfit", reason: /compares a question with a passage/ },
  {
    title: "has an unknown architecture",
    bytes: () => writeGguf({ ...tinyParts().metadata, "general.architecture": string("nonsense") }, tinyParts().tensors),
    code: "model-corrupt",
    reason: /unknown model architecture: 'nonsense'/,
  },
  {
    title: "makes llama.cpp abort",
    bytes: () => writeGguf({ ...tinyParts().metadata, "tokenizer.ggml.tokens": strings(vocabulary().map(() => "same")) }, tinyParts().tensors),
    code: "model-corrupt",
    reason: /llama\.cpp was ended by SIGABRT/,
  },
];

describe("a file for embeddings that", () => {
  for (const { title, bytes, code, reason } of broken) {
    test(`${title} is refused by name, and is not tried in a loop`, async () => {
      await using folder = await temporaryFolder();
      await using embedder = startEmbedder(await folder.write("broken.gguf", bytes()));
      const waiting = embedder.embed(["red"], "query");
      const failed = once(embedder, "failed");
      await assert.rejects(embedder.load(), (error: Error & { code?: string }) => error.code === code && reason.test(error.message));
      await failed;
      await assert.rejects(waiting, { code });
      await assert.rejects(embedder.embed(["red"], "query"), { code });
      assert.equal(embedder.pid, undefined, "a request does not start a failed engine again");
    });
  }
});

test("An embedder has no id before it was loaded, and keeps it from then on", async () => {
  await using folder = await temporaryFolder();
  await using embedder = startEmbedder(await folder.write("tiny.gguf", tinyModel()));
  assert.throws(() => embedder.id, { code: "not-ready" });
  await embedder.load();
  const { id } = embedder;
  await embedder.close();
  assert.equal(embedder.id, id);
  await assert.rejects(embedder.embed(["red"], "query"), { code: "stopping" });
});

test("Threads are measured with a passage, apart from what they are for a chat, and what is left of the cores works on other texts", async () => {
  await using folder = await temporaryFolder();
  const threadsCache = join(folder.path, "threads.json");
  await using embedder = startEmbedder(await folder.write("tiny.gguf", tinyModel()), { threads: "auto", parallel: 4, threadsCache });
  const { threads, parallel } = await embedder.load();
  const entries = Object.entries(JSON.parse(await readFile(threadsCache, "utf8")) as Record<string, { threads: number }>);
  assert.deepEqual(entries.map(([, entry]) => entry.threads), [threads]);
  assert.match(entries[0]![0], /-embed-/);
  assert.ok(parallel >= 1 && parallel <= 4);
});

describe("with a model that takes its time", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  before(async () => {
    folder = await temporaryFolder();
    path = await folder.write("slow.gguf", tinyModel({ dimensions: 256, layers: 6, random: true }));
  });
  after(() => folder[Symbol.asyncDispose]());
  const many = Array.from({ length: 2000 }, (_, i) => `${i} red green blue car house river `.repeat(6));

  test("a query overtakes a long list of passages", async () => {
    await using embedder = startEmbedder(path);
    await embedder.load();
    const ended: string[] = [];
    const cancel = new AbortController();
    const passages = embedder.embed(many, "passage", cancel.signal).finally(() => ended.push("passages"));
    const others = embedder.embed(many, "passage", cancel.signal).finally(() => ended.push("others"));
    for (const word of ["red", "green", "blue"]) assert.equal((await embedder.embed([word], "query")).length, 1);
    assert.deepEqual(ended, []);
    cancel.abort();
    await Promise.all([assert.rejects(passages, { code: "cancelled" }), assert.rejects(others, { code: "cancelled" })]);
  });

  test("a list that is cancelled ends at once, and leaves nothing running in the engine", async () => {
    await using embedder = startEmbedder(path);
    await embedder.load();
    const cancel = new AbortController();
    const list = embedder.embed(many, "passage", cancel.signal);
    await embedder.embed(["red"], "query");
    const begun = performance.now();
    cancel.abort();
    await assert.rejects(list, { code: "cancelled" });
    await embedder.embed(["green"], "query");
    assert.deepEqual(embedder.counts, { active: 0, waiting: 0 });
    assert.ok(performance.now() - begun < 2000, `${performance.now() - begun} ms`);
  });

  test("a process that is killed fails what was under way by name, and is back for the next texts", async () => {
    await using embedder = startEmbedder(path);
    await embedder.load();
    const { id, pid } = embedder;
    const list = embedder.embed(many, "passage");
    await embedder.embed(["red"], "query");
    process.kill(pid!, "SIGKILL");
    const died = once(embedder, "died");
    await assert.rejects(list, { code: "engine-died" });
    await died;
    assert.equal((await embedder.embed(["red"], "query")).length, 1);
    assert.notEqual(embedder.pid, pid);
    assert.equal(embedder.id, id);
  });
});
