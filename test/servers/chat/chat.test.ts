import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ToolClient, ToolError } from "../../../pipes/client.ts";
import { runPython } from "../../interop/python.ts";
import { Served } from "./served.ts";

async function textOf(events: AsyncIterable<{ [field: string]: unknown }>): Promise<string> {
  let text = "";
  for await (const event of events) text += typeof event["text"] === "string" ? event["text"] : "";
  return text;
}

function joined(events: ReadonlyArray<{ [field: string]: unknown }>, field: string): string {
  return events.map((event) => (typeof event[field] === "string" ? event[field] : "")).join("");
}

describe("a chat server with the built-in model", () => {
  const served = new Served();
  let client: ToolClient;
  before(async () => {
    served.start({ model: "builtin", parallel: 2, maxQueue: 2 });
    client = await served.connect();
  });
  after(async () => {
    await client.close();
    await served.close();
  });

  it("tells a request that comes while the model loads that it waits, answers others meanwhile, and then answers it", async () => {
    const seen: string[] = [];
    const asked = client.call("chat_blocking", { messages: [{ role: "user", content: "Hello" }] }, { onInterim: (event) => seen.push(event.event) });
    const { state } = await client.call("get_state");
    assert.equal(state, "loading");
    assert.equal(client.inFlight, 1, "the question is still open when the state has been answered");
    const reply = await asked;
    assert.match(String(reply["text"]), /^I am the small built-in stand-in/);
    assert.equal(seen[0], "queued");
    assert.ok(seen.includes("progress"));
  });

  it("shows that an answer is being written which comes as a whole: its client would take silence for the end", async () => {
    const news: unknown[] = [];
    const onInterim = (event: { event: string; [field: string]: unknown }): void => void news.push(event["stage"] ?? event.event);
    await client.call("chat_blocking", { messages: [{ role: "user", content: "Hello" }] }, { onInterim });
    assert.deepEqual(news, ["writing"]);
  });

  it("streams an answer that depends on the question, and ends it with counts and times but no text", async () => {
    const events = [];
    for await (const event of client.stream("ask", { data: "what about the weather?", temperature: 0 })) events.push(event);
    const last = events.at(-1);
    assert.ok(events.length > 5, "tokens come one by one");
    assert.match(joined(events, "text"), /window and no network/);
    assert.equal(last?.["text"], "");
    assert.equal(last?.done, true);
    assert.ok(Number((last?.["tokens"] as { reply?: number } | undefined)?.reply) > 5);
    assert.equal(last?.["reason"], "end");
  });

  it("keeps characters whole that come byte by byte", async () => {
    assert.match(await textOf(client.stream("ask", { prompt: "show me an emoji" })), /🦙.*ü.*→.*日/u);
  });

  it("sends what the model thinks aloud beside the answer", async () => {
    const events = [];
    for await (const event of client.stream("ask", { data: "think" })) events.push(event);
    assert.match(joined(events, "thought"), /asks for reasoning/);
    assert.doesNotMatch(joined(events, "text"), /asks for reasoning/);
  });

  it("cancels an answer that would never end, and is idle afterwards", async () => {
    const abort = new AbortController();
    const idle = stateReached(client, "idle");
    let tokens = 0;
    await assert.rejects(
      async () => {
        for await (const event of client.stream("ask", { data: "count forever" }, { signal: abort.signal })) if (event["text"] !== "" && ++tokens === 20) abort.abort();
      },
      (error) => error instanceof ToolError && error.code === "cancelled",
    );
    await idle;
    assert.equal((await client.call("get_state"))["state"], "idle");
  });

  it("refuses what is no conversation, naming the place, and what does not fit the queue", async () => {
    await assert.rejects(client.call("chat", { messages: [{ role: "robot", content: "x" }] }), /\$\.messages\[0\]\.role: expected/);
    await assert.rejects(client.call("ask", {}), /\$\.data: expected the prompt/);
    const abort = new AbortController();
    const endless = [1, 2, 3, 4].map(() => client.call("ask", { data: "forever" }, { signal: abort.signal }).catch((error: ToolError) => error.code));
    await assert.rejects(client.call("ask", { data: "Hello" }), (error) => error instanceof ToolError && error.code === "busy");
    abort.abort();
    assert.deepEqual(await Promise.all(endless), ["cancelled", "cancelled", "cancelled", "cancelled"]);
    assert.match(await textOf(client.stream("ask", { data: "Hello" })), /Hello!/);
  });

  it("gives signs of life while it reads a long prompt", async () => {
    const stages: unknown[] = [];
    await client.call("ask", { data: "weather ".repeat(3000) }, { onInterim: (event) => stages.push(event["stage"]) });
    assert.ok(stages.includes("prompt"));
  });

  it("says that a conversation is too long instead of shortening it in silence", async () => {
    await assert.rejects(client.call("ask", { data: "weather ".repeat(6000) }), (error) => error instanceof ToolError && error.code === "context-overflow" && /holds \d+/.test(error.message));
  });

  it("serves upstream's client and cpipe, in both dialects", async () => {
    const question = ["--data", JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })];
    const streamed = await runPython(served.folder, "cpipe.py", "chat", "chat", ...question);
    assert.match(streamed.stdout, /Your words went in through one named pipe.*\n$/s);
    const whole = await runPython(served.folder, "cpipe.py", "chat", "chat_blocking", ...question);
    assert.match(whole.stdout, /^I am the small.*\n$/s);
    const seed = await runPython(served.folder, "chat_client.py", "chat", "Hello");
    assert.match(seed.stdout, /Your words went in/);
    assert.equal((await runPython(served.folder, "cpipe.py", "chat", "status")).stdout.trim(), "idle");
  });
});

describe("a chat server whose model cannot be had", () => {
  for (const [what, make, code] of [
    ["is missing", () => undefined, "model-missing"],
    ["is no GGUF file", (path: string) => writeFileSync(path, "not a model"), "model-corrupt"],
  ] as const) {
    it(`stays up, is in error and names the reason when the file ${what}`, async () => {
      const served = new Served();
      const path = join(served.folder, "model.gguf");
      make(path);
      served.start({ model: path });
      const client = await served.connect();
      try {
        await assert.rejects(client.call("ask", { data: "Hello" }), (error) => error instanceof ToolError && error.code === code && error.message.includes(path));
        const { state, reason } = await client.call("get_state");
        assert.equal(state, "error");
        assert.match(String(reason), /model\.gguf/);
      } finally {
        await client.close();
        await served.close();
      }
    });
  }
});

async function stateReached(client: ToolClient, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (event: { [field: string]: unknown }): void => {
      if (event["state"] !== wanted) return;
      client.off("state_changed", look);
      resolve();
    };
    client.on("state_changed", look);
  });
}
