import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ensureBuiltinModel } from "../../../../servers/chat/builtin/ensure.ts";
import { introduction, topics, unknown } from "../../../../servers/chat/builtin/topics.ts";
import type { Engine } from "../../../../servers/chat/engine/engine.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { startEngine, user } from "../fixtures.ts";

describe("the built-in model in llama.cpp", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: Engine;
  before(async () => {
    folder = await temporaryFolder();
    engine = startEngine(await ensureBuiltinModel(folder.path), { parallel: 2, maxQueue: 2 });
    await engine.load();
  });
  after(async () => {
    await engine.stop();
    await folder[Symbol.asyncDispose]();
  });
  const ask = async (content: string) => (await engine.generate({ messages: [user(content)] })).text;

  for (const topic of topics.filter(({ forever }) => forever !== true)) {
    for (const keyword of [topic.keywords[0]!, topic.keywords.at(-1)!]) {
      test(`answers ${topic.name} when "${keyword}" is in the question`, async () => {
        assert.equal(await ask(`So, ${keyword}, please?`), introduction + topic.reply);
      });
    }
  }

  test("says that it does not know when no word is known to it", async () => {
    assert.equal(await ask("Which city is the capital of France?"), introduction + unknown.reply);
  });

  test("listens to the latest keyword of a question and to the latest question of a conversation", async () => {
    const weather = topics.find(({ name }) => name === "weather")!;
    const pipe = topics.find(({ name }) => name === "pipe")!;
    assert.equal(await ask("Hello, how is the weather?"), introduction + weather.reply);
    const first = [{ role: "system", content: "You know the weather, pipes and models." }, user("Hello, how is the weather?")] as const;
    const turn = await engine.generate({ messages: first });
    assert.equal(turn.text, introduction + weather.reply);
    const said = [...first, { role: "assistant", content: turn.text }] as const;
    assert.equal((await engine.generate({ messages: [...said, user("And pipes?")] })).text, introduction + pipe.reply);
    assert.equal((await engine.generate({ messages: [...said, user("And Lyon?")] })).text, introduction + unknown.reply);
  });

  test("streams the reply in pieces that are its text, none empty, no character split", async () => {
    const pieces: string[] = [];
    const result = await engine.generate({ messages: [user("an emoji")] }, { onToken: ({ text }) => pieces.push(text) });
    assert.equal(pieces.join(""), result.text);
    assert.ok(pieces.length > 15, `${pieces.length} pieces`);
    assert.ok(pieces.includes("🦙") && pieces.every((piece) => piece !== "" && !piece.includes("\ufffd")), JSON.stringify(pieces));
    assert.equal(result.stopReason, "end");
  });

  test("keeps what it thinks apart from what it says", async () => {
    const think = topics.find(({ name }) => name === "think")!;
    const pieces: Array<{ text: string; thought: boolean }> = [];
    const result = await engine.generate({ messages: [user("think!")] }, { onToken: (token) => pieces.push(token) });
    assert.equal(result.thoughts, think.thought);
    assert.equal(result.text, introduction + think.reply);
    assert.equal(pieces.filter(({ thought }) => thought).map(({ text }) => text).join(""), think.thought);
  });

  test("gives the same reply at the usual temperature, for its logits are far apart", async () => {
    const result = await engine.generate({ messages: [user("hello")], temperature: 0.7, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.1 });
    assert.equal(result.text, introduction + topics[0]!.reply);
  });

  test("ends at maxTokens, before a stop text, or when the context is full, and says which", async () => {
    const counted = await engine.generate({ messages: [user("count")], maxTokens: 20 });
    assert.deepEqual([counted.stopReason, counted.tokens.reply], ["length", 20]);
    const stopped = await engine.generate({ messages: [user("count")], stop: [" seven"] });
    assert.deepEqual([stopped.stopReason, stopped.text.endsWith(" six,")], ["stop", true]);
    const full = await engine.generate({ messages: [user("count")] });
    assert.equal(full.stopReason, "context");
    assert.ok(full.tokens.reply > 4000 && full.tokens.reply < 4096, `${full.tokens.reply} tokens`);
  });

  test("continues a reply that was begun for it", async () => {
    const result = await engine.generate({ messages: [user("weather?"), { role: "assistant", content: "I would take an umbrella" }] });
    // The space between the two is node-llama-cpp's to drop.
    assert.equal(result.text.trim(), "if in doubt.");
  });

  test("counts a prompt before it evaluates it and names both numbers when it is too long", async () => {
    await assert.rejects(engine.generate({ messages: [user("x ".repeat(3000))] }), { code: "context-overflow", facts: { tokens: 6008, limit: 4080 } });
  });

  test("evaluates only what is new in the next turn of a conversation", async () => {
    const first = [user(`Remember this: ${"a long text. ".repeat(50)} hello`)];
    const turn = await engine.generate({ messages: first });
    const next = await engine.generate({ messages: [...first, { role: "assistant", content: turn.text }, user("thanks")] });
    assert.ok(turn.tokens.reused < 20, `${turn.tokens.reused} reused`);
    assert.ok(next.tokens.reused >= turn.tokens.prompt, `${next.tokens.reused} of ${next.tokens.prompt} reused`);
  });

  test("stops a reply that is cancelled, at once, and answers the next", async () => {
    const cancel = new AbortController();
    let tokens = 0;
    const endless = engine.generate(
      { messages: [user("count")] },
      {
        signal: cancel.signal,
        onToken: () => {
          if (++tokens === 30) cancel.abort();
        },
      },
    );
    await assert.rejects(endless, { code: "cancelled" });
    assert.ok(tokens < 40, `${tokens} tokens came`);
    assert.equal(await ask("hello"), introduction + topics[0]!.reply);
  });

  test("makes two replies side by side, lets others wait in turn, and refuses those past the queue", async () => {
    const places: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
    const cancel = new AbortController();
    const ended: string[] = [];
    const begin = (name: string, signal?: AbortSignal) =>
      engine
        .generate({ messages: [user("count")], maxTokens: name === "a" ? 400 : 100 }, { onQueued: (place) => places[name]!.push(place), ...(signal === undefined ? {} : { signal }) })
        .finally(() => ended.push(name));
    const replies = [begin("a"), begin("b"), begin("c", cancel.signal), begin("d")];
    await assert.rejects(engine.generate({ messages: [user("hello")] }), { code: "busy" });
    assert.deepEqual(engine.counts, { active: 2, waiting: 2 });
    cancel.abort();
    await assert.rejects(replies[2]!, { code: "cancelled" });
    await Promise.all([replies[0], replies[1], replies[3]]);
    assert.deepEqual(places, { a: [], b: [], c: [1], d: [2, 1] });
    assert.deepEqual(ended, ["c", "b", "d", "a"]);
  });

  test("loses what was in flight when its process is killed, and nothing else", async () => {
    const before = engine.pid!;
    const lost = [1, 2].map(() => engine.generate({ messages: [user("count")] }, { onToken: () => process.kill(before, "SIGKILL") }));
    const waits = ask("hello");
    for (const reply of lost) await assert.rejects(reply, { code: "engine-died" });
    assert.equal(await waits, introduction + topics[0]!.reply);
    assert.notEqual(engine.pid, before);
    assert.equal(engine.phase, "ready");
  });
});
