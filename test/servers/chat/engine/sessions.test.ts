import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ensureBuiltinModel } from "../../../../servers/chat/builtin/ensure.ts";
import type { Engine } from "../../../../servers/chat/engine/engine.ts";
import type { ChatMessage, GenerateRequest, CountedResult } from "../../../../servers/chat/engine/messages.ts";
import { withResolvers } from "../../../../pipes/rpc/resolvers.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { startEngine, user } from "../fixtures.ts";

/** Tokens of a new question with what stands around it. */
const QUESTION = 20;

describe("a conversation that goes on", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: Engine;
  before(async () => {
    folder = await temporaryFolder();
    engine = startEngine(await ensureBuiltinModel(folder.path), { parallel: 4, maxQueue: 20 });
    await engine.load();
  });
  after(async () => {
    await engine.stop();
    await folder[Symbol.asyncDispose]();
  });

  /** One of its own system prompt, that keeps what was said. */
  class Talk {
    readonly messages: ChatMessage[];
    readonly #more: Partial<GenerateRequest>;
    readonly #engine: Engine;

    constructor(name: string, more: Partial<GenerateRequest> = {}, by: Engine = engine) {
      this.#engine = by;
      this.messages = [{ role: "system", content: `${name} is kind. `.repeat(30) }];
      this.#more = more;
    }

    async ask(question: string): Promise<CountedResult> {
      this.messages.push(user(question));
      const result = await this.#engine.generate({ messages: this.messages, ...this.#more });
      this.messages.push({ role: "assistant", content: result.text });
      return result;
    }
  }
  const fresh = ({ tokens }: CountedResult): number => tokens.prompt - tokens.reused;

  test("evaluates the new question only, reply after reply", async () => {
    const talk = new Talk("Ada");
    assert.ok(fresh(await talk.ask("hello")) > 300);
    for (const question of ["weather?", "an emoji", "pipes?", "thanks"]) assert.ok(fresh(await talk.ask(question)) <= QUESTION, question);
  });

  test("goes on while other replies are being written, and does not wait for their end", async () => {
    const talk = new Talk("Zoe");
    await talk.ask("hello");
    const stop = new AbortController();
    let going = 0;
    const others = ["one", "two", "three"].map((name) => {
      const begun = withResolvers<void>();
      going++;
      const onToken = (): void => begun.resolve();
      const reply = engine.generate({ messages: [user(`count forever, ${name}`)] }, { signal: stop.signal, onToken });
      return { begun: begun.promise, end: reply.catch(() => undefined).finally(() => going--) };
    });
    await Promise.all(others.map(({ begun }) => begun));
    assert.ok(fresh(await talk.ask("thanks")) <= QUESTION);
    assert.equal(going, 3);
    stop.abort();
    await Promise.all(others.map(({ end }) => end));
  });

  test("evaluates its last answer again where it had thought before it: thoughts are no part of a conversation", async () => {
    const talk = new Talk("Bea");
    const thought = await talk.ask("think!");
    assert.notEqual(thought.thoughts, "");
    const next = await talk.ask("hello");
    assert.ok(next.tokens.reused >= thought.tokens.prompt && fresh(next) <= QUESTION + thought.text.length / 2, JSON.stringify(next.tokens));
  });

  test("keeps what a grammar made the model write, token by token", async () => {
    const talk = new Talk("Cyd", { schema: { type: "object", properties: { city: { type: "string" }, sunny: { type: "boolean" } }, required: ["city", "sunny"] } });
    await talk.ask("hello");
    for (const question of ["and then?", "and now?"]) assert.ok(fresh(await talk.ask(question)) <= QUESTION, question);
  });

  test("keeps a call and what came of it", async () => {
    const functions = { search: { schema: { type: "object", properties: { query: { type: "string" } }, required: ["query"] } } };
    const talk = new Talk("Dan", { functions });
    const { calls, tokens } = await talk.ask("find it");
    assert.deepEqual(calls.map(({ name }) => name), ["search"]);
    talk.messages.splice(-1, 1, { role: "assistant", content: "", function_calls: [{ id: "1", name: "search", arguments: calls[0]?.params }] }, { role: "tool", id: "1", content: "a hit" });
    const answer = await engine.generate({ messages: talk.messages, functions });
    assert.ok(answer.tokens.reused >= tokens.prompt && fresh(answer) <= 40, JSON.stringify(answer.tokens));
    talk.messages.push({ role: "assistant", content: answer.text });
    assert.ok(fresh(await talk.ask("thanks")) <= QUESTION);
  });

  test("keeps its own context while three others talk, at once and in between", async () => {
    const talks = ["Eve", "Fay", "Gus", "Hal"].map((name) => new Talk(name));
    await Promise.all(talks.map((talk) => talk.ask("hello")));
    for (const question of ["weather?", "pipes?"]) for (const result of await Promise.all(talks.map((talk) => talk.ask(question)))) assert.ok(fresh(result) <= QUESTION, JSON.stringify(result.tokens));
    for (const talk of [...talks, ...talks]) assert.ok(fresh(await talk.ask("thanks")) <= QUESTION);
  });

  test("takes the place of the one that was quiet longest, where there are more than contexts", async () => {
    const talks = ["Ida", "Jim", "Kay", "Leo"].map((name) => new Talk(name));
    for (const talk of talks) await talk.ask("hello");
    await talks[0]!.ask("weather?");
    await new Talk("Mia").ask("hello");
    assert.ok(fresh(await talks[0]!.ask("pipes?")) <= QUESTION);
    assert.ok(fresh(await talks[1]!.ask("pipes?")) > 300);
  });

  test("comes back from a file, where it had lost its context to others, and the oldest file goes where there are too many", async () => {
    const parked = { folder: join(folder.path, "parked"), bytes: 250_000 };
    await using small = startEngine(await ensureBuiltinModel(folder.path), { parallel: 1, maxQueue: 20, parked });
    const talks = ["Oda", "Pam", "Quy", "Ray"].map((name) => new Talk(name, {}, small));
    for (const talk of talks) await talk.ask("hello");
    for (const talk of talks.slice(2)) assert.ok(fresh(await talk.ask("weather?")) <= QUESTION);
    const files = await readdir(parked.folder);
    const sizes = await Promise.all(files.map(async (name) => stat(join(parked.folder, name))));
    assert.ok(files.length > 0 && sizes.reduce((sum, { size }) => sum + size, 0) <= parked.bytes, JSON.stringify(sizes.map(({ size }) => size)));
    assert.ok(sizes.every(({ mode }) => (mode & 0o777) === 0o600));
    assert.ok(fresh(await talks[0]!.ask("weather?")) > 300, "the oldest was given up");
  });

  test("that is too long loses its oldest turns, says how many messages, and keeps its context for the turns that follow", async () => {
    const talk = new Talk("Ned", { overflow: "trim" });
    const results: CountedResult[] = [];
    for (let turn = 0; turn < 12; turn++) results.push(await talk.ask(`${"a word. ".repeat(120)} weather?`));
    const left = results.map(({ trimmed }) => trimmed);
    assert.ok(left[0] === 0 && left.at(-1)! > 0, JSON.stringify(left));
    assert.ok(results.every(({ tokens }) => tokens.prompt <= 4096 * 0.75), JSON.stringify(results.map(({ tokens }) => tokens)));
    for (const [turn, result] of results.entries()) if (turn > 0 && left[turn] === left[turn - 1]) assert.ok(fresh(result) < 600, `${turn}: ${JSON.stringify(result.tokens)}`);
    assert.ok(new Set(left).size < 6, `it was cut anew too often: ${JSON.stringify(left)}`);
    await assert.rejects(engine.generate({ messages: talk.messages.slice(0, -1), overflow: "refuse" }), { code: "context-overflow" });
    await assert.rejects(engine.generate({ messages: [user("a word. ".repeat(2000))], overflow: "trim" }), { code: "context-overflow" });
  });
});
