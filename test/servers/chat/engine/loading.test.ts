import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { string, strings, u32, writeGguf } from "../../../../models/gguf.ts";
import { builtinModel } from "../../../../servers/chat/builtin/model.ts";
import { introduction, topics } from "../../../../servers/chat/builtin/topics.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { builtinParts, type Parts, startEngine, user } from "../fixtures.ts";

/** Each of these files is wrong in one way. */
const broken: Array<{ title: string; bytes: (parts: Parts) => Uint8Array; reason: RegExp }> = [
  { title: "is cut in its weights", bytes: () => builtinModel().subarray(0, 600_000), reason: /truncated: expected 1269\d{3} bytes, it has 600000/ },
  {
    title: "has an unknown architecture",
    bytes: ({ metadata, tensors }) => writeGguf({ ...metadata, "general.architecture": string("nonsense") }, tensors),
    reason: /unknown model architecture: 'nonsense'/,
  },
  {
    title: "lacks a tensor",
    bytes: ({ metadata, tensors }) => writeGguf(metadata, tensors.filter(({ name }) => name !== "blk.0.ffn_up.weight")),
    reason: /tensor 'blk\.0\.ffn_up\.weight' not found/,
  },
  {
    title: "makes llama.cpp abort with a head count of 0",
    bytes: ({ metadata, tensors }) => writeGguf({ ...metadata, "llama.attention.head_count": u32(0) }, tensors),
    reason: /SIGABRT.*GGML_ASSERT/,
  },
  {
    title: "makes llama.cpp abort with a token that is there twice",
    bytes: ({ metadata, tensors }) => writeGguf({ ...metadata, "tokenizer.ggml.tokens": strings(Array.from({ length: 776 }, () => "same")) }, tensors),
    reason: /SIGABRT.*token_to_id/,
  },
];

describe("a model file that", () => {
  for (const { title, bytes, reason } of broken) {
    test(`${title} is named as corrupt, with the reason`, async () => {
      await using folder = await temporaryFolder();
      await using engine = startEngine(await folder.write("broken.gguf", bytes(builtinParts())));
      const waiting = engine.generate({ messages: [user("hello")] });
      const failed = once(engine, "failed");
      await assert.rejects(engine.load(), (error: Error & { code?: string }) => error.code === "model-corrupt" && reason.test(error.message));
      await failed;
      await assert.rejects(waiting, { code: "model-corrupt" });
      assert.equal(engine.phase, "failed");
      assert.equal(engine.pid, undefined);
      await assert.rejects(engine.generate({ messages: [user("hello")] }), { code: "model-corrupt" });
      assert.equal(engine.pid, undefined, "a request does not start a failed engine again");
    });
  }
});

test("A model that is not there is named as missing, and loads once it is there and somebody asks", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "late.gguf");
  await using engine = startEngine(path);
  await assert.rejects(engine.load(), { code: "model-missing", facts: { path, hint: "Check `model:` in tools.yaml", tool: "chat" } });
  await folder.write("late.gguf", builtinModel());
  assert.equal((await engine.load()).architecture, "llama");
});

test("Contexts that no machine has memory for are refused before anything is allocated", async () => {
  await using folder = await temporaryFolder();
  await using engine = startEngine(await folder.write("model.gguf", builtinModel()), { parallel: 8, contextSize: 1_000_000_000_000 });
  await assert.rejects(engine.load(), { code: "model-memory" });
});

test("An engine that cannot even start is told from a bad model, and is not started in a loop", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("model.gguf", builtinModel());
  const mark = join(folder.path, "starts");
  const script = `require("fs").appendFileSync(${JSON.stringify(mark)}, "x"); console.error("no such library"); process.exit(7)`;
  await using engine = startEngine(path, { command: ["-e", script] });
  await assert.rejects(engine.load(), (error: Error & { code?: string }) => error.code === "engine-failed" && /ended with code 7: no such library/.test(error.message));
  await assert.rejects(engine.generate({ messages: [user("hello")] }), { code: "engine-failed" });
  assert.equal(await readFile(mark, "utf8"), "xx");
});

test("A request that comes while the model loads waits, is told so, and is answered", async () => {
  await using folder = await temporaryFolder();
  await using engine = startEngine(await folder.write("model.gguf", builtinModel()));
  const stages = new Set<string>();
  engine.on("progress", ({ stage }) => stages.add(stage));
  const places: number[] = [];
  const loaded = engine.load();
  const reply = engine.generate({ messages: [user("hello")] }, { onQueued: (place) => places.push(place) });
  assert.deepEqual(places, [1]);
  assert.equal((await reply).text, introduction + topics[0]!.reply);
  assert.deepEqual([...stages], ["starting", "loading"]);
  assert.equal((await loaded).threads, 1);
});

test("Threads are measured at load and remembered beside the models", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("model.gguf", builtinModel());
  const threadsCache = join(folder.path, "threads.json");
  await using engine = startEngine(path, { threads: "auto", threadsCache });
  const { threads } = await engine.load();
  const entries = Object.values(JSON.parse(await readFile(threadsCache, "utf8")) as Record<string, { threads: number }>);
  assert.deepEqual(entries.map((entry) => entry.threads), [threads]);
});

test("Stopping ends the process, and what was in flight or waiting fails as stopping", async () => {
  await using folder = await temporaryFolder();
  const engine = startEngine(await folder.write("model.gguf", builtinModel()), { parallel: 1 });
  await engine.load();
  const pid = engine.pid!;
  const replies = [1, 2].map(() => engine.generate({ messages: [user("count")] }));
  const failures = replies.map((reply) => assert.rejects(reply, { code: "stopping" }));
  await engine.stop();
  await Promise.all(failures);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  await assert.rejects(engine.generate({ messages: [user("hello")] }), { code: "stopping" });
  await assert.rejects(engine.load(), { code: "stopping" });
});
