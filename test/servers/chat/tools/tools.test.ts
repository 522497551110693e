import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { ToolClient, type ToolEvent } from "../../../../pipes/client.ts";
import { introduction } from "../../../../servers/chat/builtin/topics.ts";
import { entryOf, registryOf } from "../../../cpipe/registry.ts";
import { makeWorld, type Running } from "../../../harness.ts";
import { runPython } from "../../../interop/python.ts";
import { rawClient } from "../../../raw.ts";

const world = makeWorld();
const question = "how do I add a server";
let chat: ToolClient;
let server: Running;
const started: Running[] = [];

const connect = (tool: string): Promise<ToolClient> => ToolClient.connect(tool, { folder: world.pipes });
const library = (): Promise<Running> => world.serve("test/fixtures/servers/library.ts", "library").then(kept);
const awkward = (way: string, env: NodeJS.ProcessEnv = {}): Promise<Running> => world.serve("test/fixtures/servers/awkward.ts", "awkward", { AWKWARD: way, ...env }).then(kept);
function kept(running: Running): Running {
  started.push(running);
  return running;
}

before(async () => {
  server = await world.serve("servers/chat/main.ts", "chat", { PIPE_TOOLS_SETTINGS: JSON.stringify({ model: "builtin", callTimeout: 20, threads: 1 }) });
  chat = await connect("chat");
});
afterEach(() => Promise.all(started.splice(0).map((running) => running.kill())));
after(async () => {
  await chat.close();
  await server.kill();
  await world.close();
});

interface Answer {
  readonly text: string;
  readonly last: ToolEvent;
  /** `tool_call` and `tool_result`, as they came. */
  readonly uses: ToolEvent[];
  readonly order: string[];
}

async function ask(tools: string[], other: object = {}): Promise<Answer> {
  const events: ToolEvent[] = [];
  const stream = chat.stream("ask", { data: question, tools, ...other }, { onInterim: (event) => events.push(event) });
  for await (const event of stream) events.push(event);
  const news = events.map((event) => {
    const { req_id: _, ...fields } = event;
    return fields;
  });
  const uses = news.filter(({ event }) => event.startsWith("tool_"));
  const order = news.map(({ event }) => event).filter((event, at, all) => !["progress", "queued"].includes(event) && event !== all[at - 1]);
  return { text: news.map(({ event, text }) => (event === "token" ? String(text) : "")).join(""), last: news.at(-1)!, uses, order };
}
const promptOf = ({ last }: Answer): number => (last["tokens"] as { prompt: number }).prompt;

describe("a model that is given a tool", () => {
  test("calls it by llama.cpp's own decoding, and goes on with what came back in its context", async () => {
    await library();
    const { text, last, uses, order } = await ask(["library"]);
    const hit = { id: "1", text: `About ${question}: one line in tools.yaml <|im_end|> adds it.`, score: 1 };
    assert.deepEqual(uses, [
      { event: "tool_call", tool: "library", cmd: "search", args: { query: question } },
      { event: "tool_result", tool: "library", cmd: "search", ok: true, text: JSON.stringify([hit]) },
    ]);
    assert.deepEqual(order, ["tool_call", "tool_result", "token"]);
    assert.match(text, /^I am the small built-in stand-in.*I have asked that tool for you/);
    assert.equal(last["calls"], 1);
    const there = await connect("library");
    assert.deepEqual((await there.call("asked"))["asked"], [{ query: question }]);
    await there.close();
  });

  test("has more in its context the more came back", async () => {
    await awkward("answers", { AWKWARD_PASSAGE: "z".repeat(10) });
    const short = await ask(["awkward"]);
    await Promise.all(started.splice(0).map((running) => running.kill()));
    await awkward("answers", { AWKWARD_PASSAGE: "z".repeat(210) });
    // A byte of a word that it does not know is one token of the stand-in's.
    assert.equal(promptOf(await ask(["awkward"])) - promptOf(short), 200);
  });

  test("answers without it when the question is another, and then nothing is said of calls", async () => {
    await library();
    const { text, last, uses } = await ask(["library"], { data: "What about the weather?" });
    assert.match(text, /window and no network/);
    assert.deepEqual([uses, last["calls"]], [[], undefined]);
  });

  test("uses it for two requests at once", async () => {
    await library();
    const answers = await Promise.all([ask(["library"]), ask(["library.search"])]);
    assert.deepEqual(answers.map(({ last }) => last["calls"]), [1, 1]);
  });

  test("uses none of what tools.yaml gives it where the request says so, and that list changes while it runs", async () => {
    await library();
    const settings = { model: "builtin", callTimeout: 20, threads: 1 };
    await chat.call("configure", { settings: { ...settings, tools: ["library"] } });
    const stream = chat.stream("ask", { data: question });
    let last: ToolEvent | null = null;
    for await (const event of stream) last = event;
    assert.equal(last?.["calls"], 1);
    assert.deepEqual((await ask([])).uses, []);
    await chat.call("configure", { settings });
  });

  test("uses a command that may change something only when it is named", async () => {
    await library();
    const { uses } = await ask(["library.forget"]);
    assert.deepEqual(uses[0], { event: "tool_call", tool: "library", cmd: "forget", args: { query: "" } });
    // Of an argument that may be meant as it is, the server makes nothing else.
    assert.match(String(uses[1]?.["message"]), /^invalid request: \$\.query: expected .*got string ""$/);
  });
});

describe("clients that have not asked for such news", () => {
  test("see tokens and nothing else, as upstream's do", async () => {
    await library();
    // Under another pid than this test's own, which is connected to the chat already.
    const client = rawClient(world, "chat", process.ppid);
    await client.subscribe();
    client.send({ cmd: "ask", data: question, tools: ["library"] });
    const seen: unknown[] = [];
    for (let message = await client.next(); ; message = await client.next()) {
      seen.push([message["event"], Object.keys(message).join()]);
      if (message["done"] === true) break;
    }
    assert.deepEqual([...new Set(seen.map((one) => JSON.stringify(one)))], ['["token","event,text,done,result"]']);
    client.send({ cmd: "unsubscribe" });
    client.close();
  });

  test("get one reply that is its text", async () => {
    await library();
    const data = JSON.stringify({ messages: [{ role: "user", content: question }], tools: ["library"] });
    const { stdout } = await runPython(world.pipes, "cpipe.py", "chat", "chat_blocking", "--data", data);
    assert.match(stdout, /^I am the small built-in stand-in.*mine are fixed\.\n$/);
  });
});

describe("a tool that goes wrong in the hands of a model", () => {
  test("by failing: the model is told why, and answers", async () => {
    await awkward("fails");
    const { uses, text } = await ask(["awkward"]);
    assert.deepEqual(uses[1], { event: "tool_result", tool: "awkward", cmd: "search", ok: false, code: "handler-failed", message: "search failed: the shelf is empty" });
    assert.ok(text.startsWith(introduction));
  });

  test("by never answering: its time is up, it is told so, and the model answers", async () => {
    await awkward("hangs");
    const settings = { model: "builtin", callTimeout: 0.3, threads: 1 };
    await chat.call("configure", { settings });
    const witness = await connect("awkward");
    const noticed = once(witness, "noticed");
    const { uses, last } = await ask(["awkward"]);
    assert.deepEqual([uses[1]?.["ok"], uses[1]?.["code"], uses[1]?.["message"]], [false, "timeout", "no answer from awkward within 0.3 s"]);
    assert.equal(last["reason"], "end");
    await noticed;
    await witness.close();
    await chat.call("configure", { settings: { ...settings, callTimeout: 20 } });
  });

  test("by dying over it: the model is told, and the next request is refused by name", async () => {
    const victim = await awkward("dies");
    const { uses, last } = await ask(["awkward"]);
    assert.deepEqual([uses[1]?.["ok"], uses[1]?.["code"], last["calls"]], [false, "interrupted", 1]);
    await victim.ended;
    await assert.rejects(ask(["awkward"]), { code: "no-such-tool" });
    await awkward("answers"); // which takes the dead one's pipe, and removes it
  });

  test("by saying too much: the result is cut, then made to fit the context, and says so", async () => {
    await awkward("babbles");
    const { uses, last } = await ask(["awkward"]);
    assert.match(String(uses[1]?.["text"]), /zyzzyva \n\[cut here: \d+ further characters were left out\]$/);
    assert.ok(String(uses[1]?.["text"]).length < 8100);
    assert.equal(last["reason"], "end");
    assert.ok((last["tokens"] as { prompt: number }).prompt <= 4096 - 512);
    await server.line((line) => line.includes("a tool's result was shortened"));
  });

  test("by not being asked at all, since the model's arguments do not fit", async () => {
    await awkward("answers", { AWKWARD_PATTERN: "^[0-9]+$" });
    const { uses } = await ask(["awkward"]);
    assert.deepEqual([uses[1]?.["ok"], uses[1]?.["code"]], [false, "invalid-request"]);
    const there = await connect("awkward");
    assert.equal((await there.call("counts"))["asked"], 0);
    await there.close();
  });

  test("and is let go of when the client cancels during the call", async () => {
    await awkward("hangs");
    const witness = await connect("awkward");
    const begun = once(witness, "begun");
    const noticed = once(witness, "noticed");
    const cancel = new AbortController();
    const asked = chat.call("ask", { data: question, tools: ["awkward"] }, { signal: cancel.signal });
    await begun;
    cancel.abort();
    await assert.rejects(asked, { code: "cancelled" });
    await noticed;
    await witness.close();
    assert.equal((await chat.call("get_state"))["state"], "idle");
  });
});

describe("a tool that cannot be given to a model", () => {
  const refused = (tools: string[], expected: object) => assert.rejects(ask(tools, { maxCalls: 1 }), expected);

  test("is named before anything is generated: unknown, the asking one, or without a harmless command", async () => {
    await refused(["nowhere"], { code: "no-such-tool", message: /there is no tool 'nowhere'/ });
    await refused(["chat"], { code: "unsupported", message: /chat cannot use itself/ });
    await library();
    await refused(["library.serach"], { code: "invalid-request", message: /Did you mean 'library\.search'/ });
    started.push(await world.serve("test/fixtures/servers/patient.ts", "patient"));
    await refused(["library", "patient"], { code: "unsupported", message: /none of its commands declares that it changes nothing/ });
  });

  test("is said to be down when the daemon has stopped it", async () => {
    await library();
    const folder = join(world.env["XDG_RUNTIME_DIR"]!, "pipe-tools");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const entry = entryOf("library", world.pipes, { phase: "down", want: "down" });
    writeFileSync(join(folder, "registry.json"), JSON.stringify(registryOf(world.pipes, [entry])), { mode: 0o600 });
    await refused(["library"], { code: "not-ready", message: /library is down.*cpipe supervisor start library/ });
  });
});
