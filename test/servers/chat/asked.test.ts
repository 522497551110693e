import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ToolClient } from "../../../pipes/client.ts";
import { Served } from "./served.ts";

type Event = { readonly [field: string]: unknown };
type Call = { readonly id: string; readonly name: string; readonly arguments: unknown };

describe("a chat server that is asked for more than words", () => {
  const served = new Served();
  let client: ToolClient;
  before(async () => {
    served.start({ model: "builtin", parallel: 2, temperature: 0 });
    client = await served.connect();
  });
  after(async () => {
    await client.close();
    await served.close();
  });
  const stream = async (cmd: string, args: object): Promise<Event[]> => {
    const events: Event[] = [];
    for await (const event of client.stream(cmd, args)) events.push(event);
    return events;
  };
  const text = (events: readonly Event[], field = "text"): string => events.map((event) => (typeof event[field] === "string" ? event[field] : "")).join("");

  const form = { type: "object", properties: { city: { type: "string" }, sunny: { type: "boolean" }, degrees: { type: "integer" } }, required: ["city", "sunny"] };

  it("answers in JSON that fits a schema, in pieces, and whole", async () => {
    const events = await stream("ask", { data: "Hello", schema: form });
    assert.ok(events.length > 3, `${events.length} events`);
    assert.deepEqual(Object.keys(JSON.parse(text(events)) as object), ["city", "sunny"]);
    assert.equal(events.at(-1)?.["reason"], "end");
    const whole = await client.call("chat_blocking", { messages: [{ role: "user", content: "Hello" }], schema: form });
    assert.deepEqual(JSON.parse(String(whole["text"])), JSON.parse(text(events)));
  });

  it("fails by a name where the answer was cut or cannot fit, and refuses what is no schema before it begins", async () => {
    await assert.rejects(client.call("ask", { data: "Hello", schema: form, maxTokens: 3 }), { code: "answer-invalid", message: /maxTokens cut it/ });
    await assert.rejects(client.call("ask", { data: "Hello", schema: { type: "array", items: { const: 1 }, minItems: 2, uniqueItems: true, maxItems: 2 } }), { code: "answer-invalid" });
    await assert.rejects(client.call("ask", { data: "Hello", schema: { type: "spaceship" } }), { code: "invalid-request", message: /\$\.schema\.type/ });
    assert.equal((await client.call("get_state"))["state"], "idle");
  });

  const functions = [{ name: "search", description: "Search the docs", parameters: { type: "object", properties: { query: { type: "string" }, k: { type: "integer" } }, required: ["query"] } }, { name: "clock" }];

  it("ends an answer by calls of the caller's functions, and goes on with what came of them", async () => {
    const messages: object[] = [{ role: "user", content: "find it" }];
    const last = (await stream("chat", { messages, functions })).at(-1)!;
    assert.equal(last["reason"], "calls");
    const calls = last["function_calls"] as Call[];
    assert.deepEqual(calls.map(({ name, arguments: args }) => [name, args]), [["search", { query: "" }]]);
    messages.push({ role: "assistant", content: "", function_calls: calls }, { role: "tool", id: calls[0]!.id, content: '{"hits": 3}' });
    const reply = await client.call("chat_blocking", { messages, functions });
    assert.match(String(reply["text"]), /its answer has come into my context/);
    assert.equal(reply["function_calls"], undefined);
    const { reused, prompt } = reply["tokens"] as { reused: number; prompt: number };
    assert.ok(reused > prompt / 2, `${reused} of ${prompt} tokens were there`);
    await assert.rejects(client.call("chat", { messages: messages.slice(0, 2), functions }), { code: "invalid-request", message: /\$\.messages\[2\]/ });
    await assert.rejects(client.call("chat", { messages, functions: [functions[1], functions[1]] }), { code: "invalid-request", message: /\$\.functions\[1\]\.name/ });
  });

  it("drafts where functions and a schema are both given, and tells the draft as a thought", async () => {
    const events = await stream("ask", { data: "And the weather?", functions, schema: form });
    assert.match(text(events, "thought"), /window and no network/);
    assert.deepEqual(Object.keys(JSON.parse(text(events)) as object), ["city", "sunny"]);
    assert.equal((await stream("ask", { data: "find it", functions, schema: form })).at(-1)?.["reason"], "calls");
  });

  it("makes vectors of unit length, of zeros for nothing", async () => {
    const { vector } = (await client.call("embed", { text: "hello" })) as { vector?: number[] };
    assert.ok(Math.abs(Math.hypot(...(vector ?? [])) - 1) < 1e-6);
    const { vectors } = (await client.call("embed", { texts: ["hello", "weather", " "] })) as { vectors?: number[][] };
    assert.deepEqual(vectors?.[0], vector);
    assert.notDeepEqual(vectors?.[1], vector);
    assert.ok(vectors?.[2]?.length === vector?.length && vectors?.[2]?.every((value) => value === 0));
    await assert.rejects(client.call("embed", {}), { code: "invalid-request" });
    await assert.rejects(client.call("embed", { text: "x ".repeat(5000) }), { code: "context-overflow" });
  });

  it("counts tokens of a text, and of a conversation as it will be evaluated", async () => {
    const messages = [{ role: "user", content: "hello" }];
    assert.deepEqual(await client.call("count_tokens", { text: " hello weather" }).then(({ count, context }) => [count, context]), [2, 4096]);
    const { tokens } = await client.call("chat_blocking", { messages });
    assert.equal((await client.call("count_tokens", { messages }))["count"], (tokens as { prompt: number }).prompt);
    assert.equal((await client.call("count_tokens", { text: "" }))["count"], 0);
  });
});

describe("a chat server with one context and two conversations", () => {
  it("goes on with either where it stopped, and leaves nothing of them behind", async () => {
    const served = new Served().start({ model: "builtin", parallel: 1, parked: 50, temperature: 0 });
    const parked = join(served.folder, "cache/pipe-tools/parked");
    const client = await served.connect();
    try {
      const talks = ["Ada", "Bea"].map((name): object[] => [{ role: "system", content: `${name} is kind. `.repeat(60) }]);
      for (const question of ["hello", "weather?", "thanks"]) {
        for (const messages of talks) {
          messages.push({ role: "user", content: question });
          const { text, tokens } = (await client.call("chat_blocking", { messages })) as unknown as { text: string; tokens: { prompt: number; reused: number } };
          messages.push({ role: "assistant", content: text });
          if (question !== "hello") assert.ok(tokens.prompt - tokens.reused < 30, JSON.stringify(tokens));
        }
      }
      assert.equal((await readdir(parked)).length, 1);
    } finally {
      await client.close();
      await served.stop();
    }
    assert.deepEqual(await readdir(parked), []);
    await served.close();
  });
});

describe("a chat server as it is built", () => {
  it("knows schemas of both drafts", async () => {
    const served = new Served().start({ model: "builtin", temperature: 0 }, ["dist/servers/chat/main.js"]);
    const client = await served.connect();
    try {
      for (const $schema of ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]) {
        const { text } = await client.call("chat_blocking", { messages: [{ role: "user", content: "hello" }], schema: { $schema, type: "boolean" } });
        assert.equal(typeof JSON.parse(String(text)), "boolean");
      }
    } finally {
      await client.close();
      await served.close();
    }
  });
});
